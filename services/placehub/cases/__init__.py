"""The case file: a case's whole story as of a moment, and as one party could see it at that moment."""
