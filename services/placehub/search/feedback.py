"""What follows from feedback on a referral after the start: pure decisions.

It concerns a placement, so it is taken whatever became of the case since: its search may have been reopened.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from placehub.errors import Rejected
from placehub.offers.events import ReferralFeedbackGiven
from placehub.referrals.events import FeedbackAnswered
from placehub.search.case import Case, Decided, Found, View

AFTER_DAYS: Final = (14, 42)
"""Days after the start at which a provider says how the referral turned out; late is no reason to refuse it."""


def given(case: Case, event: ReferralFeedbackGiven, view: View) -> Decided:
    """Take the feedback of a provider with whom a child of the case has lived; another has nothing to compare."""
    _check_days(event.after_days)
    if event.provider not in {stay.provider for stay in case.stays.values()}:
        rule = "must be a case of which a child has moved in with you"
        raise Rejected("referral_id", rule, "Give feedback on the children you care for.")
    found = (
        Found(provider=event.provider, after_days=event.after_days, field=_field(one.field)) for one in event.fields
    )
    return Decided(replace(case, found=tuple(dict.fromkeys((*case.found, *found)))))


def answered(case: Case, event: FeedbackAnswered, view: View) -> Decided:
    """Let the authority answer one field of which a provider gave feedback."""
    _check_days(event.after_days)
    said = {(one.provider, one.field) for one in case.found if one.after_days == event.after_days}
    if (event.provider, _field(event.field)) not in said:
        raise Rejected("field", "must be a field of which this provider gave feedback", "See the feedback it sent.")
    if event.words is not None and event.child_id is None:
        raise Rejected("child_id", "is needed with words, which are sealed under its key", "Name the child.")
    return Decided(case)


def _check_days(after_days: int) -> None:
    if after_days not in AFTER_DAYS:
        raise Rejected("after_days", "must be 14 or 42", "Say after which of the two it is.")


def _field(path: str) -> str:
    """Return a field without positions in lists: `children.0.pets` and `children.pets` are one."""
    return ".".join(step for step in path.split(".") if not step.isdecimal())
