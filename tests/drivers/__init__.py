"""Tests of what carries events to the rules."""
