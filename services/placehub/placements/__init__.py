"""Placements: one per child, agreed by both sides with the same terms."""
