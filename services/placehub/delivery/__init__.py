"""Delivery: puts in each organisation's inbox exactly what it may see."""
