"""Homes with room: what providers say of them, and the single writer who reserves their places."""
