"""A made-up region on published figures: its world, its actors, and `placehub demo`."""
