"""Tests of the SDK an organisation uses."""
