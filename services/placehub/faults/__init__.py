"""Faults on purpose: a nemesis drawn by a seed works on a whole hub, and an oracle outside it says what that did."""
