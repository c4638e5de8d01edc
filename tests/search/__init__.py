"""Tests of the hub's own part of a case."""
