"""Co-design: documents that both sectors propose, comment and agree on, and what bidders say of their clauses."""
