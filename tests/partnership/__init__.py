"""Partnership events: balance, and what cannot be said of one."""
