"""Drivers: how events reach the rules, exactly once in effect, and how what they emit is published."""
