"""Benchmarks run, and say what they measured."""
