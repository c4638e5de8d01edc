"""Keys of children and households: what they seal, who may open them, and how they are destroyed."""
