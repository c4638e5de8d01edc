"""Dead letters: what was set aside, and what an operator does about it."""
