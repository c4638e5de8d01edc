"""placehub: a data exchange hub between placing authorities and independent fostering providers."""
