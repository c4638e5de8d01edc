"""What if another policy had been in force: history decided again in a shadow, from which nothing is ever sent."""
