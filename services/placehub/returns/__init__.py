"""Returns that nobody types: produced from the streams, queried and confirmed by both sides, with the 1-1 meeting."""
