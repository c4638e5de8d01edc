"""Monitoring: folds the streams into base tables, and publishes views of them with their definitions."""
