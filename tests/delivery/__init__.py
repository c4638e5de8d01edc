"""Delivery: who receives what, without which fields."""
