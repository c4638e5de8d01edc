"""The reference pages of `docs/`, written from the tables and classes the hub runs by: one module a page."""
