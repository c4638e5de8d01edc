"""Tests of the embedded servers."""
