"""Tests of holds, erasure and what runs out by itself."""
