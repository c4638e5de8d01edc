"""Tests of the contracts: schemas, examples, encoding, headers."""
