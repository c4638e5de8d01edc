"""The provider's side of a case: questions, interest, offers, declines, feedback."""
