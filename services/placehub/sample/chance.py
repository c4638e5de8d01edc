"""Chance that is the same on every machine and in every order: one stream of numbers per actor and purpose."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from random import Random
from typing import Final, TypeVar
from uuid import UUID, uuid5

SAMPLE: Final = UUID("0b6f5b0e-6f3c-5c0c-9a53-3a1d0f4f5b7e")
"""The namespace of every id of the sample world."""

T = TypeVar("T")


def rng(seed: int, *purpose: object) -> Random:
    """Return the random numbers of one purpose; no other purpose's use of chance can change them."""
    return Random(_digest(seed, purpose))  # noqa: S311 - a simulation, nothing is kept secret with it


def known(chance: Random, share: float, make: Callable[[], T]) -> T | None:
    """Return a fact where it is known, which it is for that share; None is unknown."""
    return make() if chance.random() < share else None


def made_id(seed: int, *name: object) -> UUID:
    """Return the id of one thing of the sample world."""
    return uuid5(SAMPLE, _text(seed, name))


def canary(seed: int, *name: object) -> str:
    """Return the token that marks one sealed text, so that a test can look for it everywhere it must not be."""
    return f"CANARY{hashlib.sha256(_text(seed, ('canary', *name)).encode()).hexdigest()[:12]}"


def _digest(seed: int, purpose: tuple[object, ...]) -> bytes:
    return hashlib.sha256(_text(seed, purpose).encode()).digest()


def _text(seed: int, name: tuple[object, ...]) -> str:
    return "|".join(str(part) for part in (seed, *name))
