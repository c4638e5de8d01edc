"""Tests of what an authority says of a child."""
