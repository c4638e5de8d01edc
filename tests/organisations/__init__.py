"""Tests of the register of organisations and of what the broker lets them do."""
