"""The lifecycle table's form: who may publish which event, from which state to which, and what the hub does next.

The rows stand with their aggregate (`referrals/lifecycle.py` and its siblings); what is in none of them is rejected.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One event in the life of an aggregate.

    `by`: kinds of organisation that may publish it, or `hub`. `party`: what the sender must be to the aggregate.
    `before`: states it may come in (`none`: the aggregate is new); `after`: the state it leads to, `same` when it
    changes none. `invitation` and `offer`: states the sender's invitation, or the offer named, must be in.
    `then`: what the hub does next. `happened`: a fact of the world, which is never refused for its state; it is
    taken and marked `out_of_policy`.
    """

    event: str
    by: tuple[str, ...]
    party: str
    before: tuple[str, ...]
    after: str = "same"
    invitation: tuple[str, ...] = ()
    offer: tuple[str, ...] = ()
    then: tuple[str, ...] = ()
    happened: bool = False
