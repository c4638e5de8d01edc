"""The tests repeat the tree of what they test."""
