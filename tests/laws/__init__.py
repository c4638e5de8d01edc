"""Laws of matching, tried on generated worlds."""
