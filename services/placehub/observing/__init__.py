"""Observing: what a process tells of itself (live, ready, metrics, logs, traces), and what it never tells."""
