"""Benchmarks: what the hub costs, as a ratio to something bare that is measured in the same run."""
