"""Agreements: who may be searched for whom, and on what terms."""
