"""What happened in a case, each in a sentence; and a search, a home's fit and a refusal in words. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from placehub.contracts.parts import HomeFit
from placehub.portal.case import Case, Step
from placehub.portal.words import day, label, retold, when
from placehub.portal.words import gettext as _
from placehub.search.wording import because, in_band, sentence

Names = Callable[[str], str]
"""An organisation's code -> its name."""
INVITATION_STATES: Final = {
    "invited": lambda: _("Not answered yet"),
    "interested": lambda: _("Asking the carer"),
    "offered": lambda: _("Has made an offer"),
    "declined": lambda: _("Declined"),
    "lapsed": lambda: _("Time ran out, no answer"),
    "closed": lambda: _("Closed"),
}
OFFER_STATES: Final = {
    "open": lambda: _("Open"),
    "to reconfirm": lambda: _("To be reconfirmed by the provider"),
    "withdrawn": lambda: _("Withdrawn"),
    "expired": lambda: _("Its time ran out"),
    "selected": lambda: _("Selected, the place is being asked for"),
    "reserved": lambda: _("Selected, the place is held"),
    "refused": lambda: _("The place has gone"),
    "not selected": lambda: _("Another home was selected"),
}
TAGS: Final = {
    "interested": "govuk-tag--light-blue",
    "offered": "govuk-tag--green",
    "reserved": "govuk-tag--green",
    "selected": "govuk-tag--green",
    "declined": "govuk-tag--grey",
    "closed": "govuk-tag--grey",
    "lapsed": "govuk-tag--yellow",
    "to reconfirm": "govuk-tag--yellow",
    "withdrawn": "govuk-tag--grey",
    "expired": "govuk-tag--grey",
    "not selected": "govuk-tag--grey",
    "refused": "govuk-tag--grey",
}
"""State -> the colour of its tag, which always has words too."""


def in_words(step: Step, name: Names) -> str:
    """Return what happened in one sentence; an empty text for what has none of its own."""
    said = _SAID.get(type(step.event).__name__)
    return said(step.event, name) if said else ""


def time_line(case: Case, name: Names) -> list[tuple[Any, str]]:
    """Return what happened, newest first, each with its time."""
    found = [(one.at, in_words(one, name)) for one in case.steps]
    return [one for one in reversed(found) if one[1]]


def fits(home: HomeFit) -> list[str]:
    """Return why a home fits, a sentence each."""
    return [retold(sentence(one)) for one in home.findings if one.verdict == "fits"]


def to_mind(home: HomeFit) -> list[str]:
    """Return what does not fit as it is: what needs support or a variation, or fits less, a sentence each."""
    return [retold(sentence(one)) for one in home.findings if one.verdict not in ("fits", "ask", "not known")]


def how_it_fits(band: str) -> str:
    """Return what a home of that band does, to be read after `this home`."""
    return _(in_band(band))


def to_ask(home: HomeFit, whom: str) -> list[str]:
    """Return what is to be asked of whom, `carer` or `authority`, a sentence each."""
    asked = (one for one in home.findings if one.verdict == "ask" and one.facts.get("ask", "carer") == whom)
    return [retold(sentence(one)) for one in asked]


def how_far(home: HomeFit) -> str:
    """Return a home's distance in words."""
    if home.distance_miles is None:
        return _("Distance not known")
    return _("{miles} miles away").format(miles=f"{home.distance_miles:.1f}")


def kept_out(removed: Iterable[Any]) -> list[str]:
    """Return what kept homes out, most homes first."""
    ordered = sorted(removed, key=lambda one: -one.homes)
    return [_("{homes}: {why}").format(homes=one.homes, why=_(because(one.criterion))) for one in ordered if one.homes]


def _invited(event: Any, name: Names) -> str:
    said = _("{provider} was invited: a home {fits}. It may answer until {until}.")
    return said.format(provider=name(event.provider), fits=how_it_fits(event.band), until=when(event.respond_by))


def _declined(event: Any, name: Names) -> str:
    reason = label("decline_reason", event.reason).lower()
    return _("{provider} declined: {reason}.").format(provider=name(event.provider), reason=reason)


def _closed(event: Any, name: Names) -> str:
    said = _("The invitation of {provider} was closed: {reason}.")
    return said.format(provider=name(event.provider), reason=event.reason)


def _started(event: Any, name: Names) -> str:
    said = _("The search began: {considered} homes were looked at, {fitting} fit.")
    return said.format(considered=event.homes_considered, fitting=event.homes_fitting)


def _widened(event: Any, name: Names) -> str:
    said = _("The search now reaches {miles} miles; {homes} homes fit.")
    return said.format(miles=event.within_miles, homes=event.homes_fitting)


def _delayed(event: Any, name: Names) -> str:
    said = _("{providers} providers wait until {until}, because of: {cause}.")
    return said.format(providers=event.providers, until=when(event.until), cause=event.cause)


def _of(text: Callable[[], str]) -> Callable[[Any, Names], str]:
    return lambda event, name: text().format(provider=name(getattr(event, "provider", "")))


_SAID: Final[Mapping[str, Callable[[Any, Names], str]]] = {
    "EarlyNoticeGiven": _of(lambda: _("Early notice was given.")),
    "EarlyNoticeWithdrawn": _of(lambda: _("The early notice was withdrawn.")),
    "ReferralMade": _of(lambda: _("The referral was made.")),
    "ReferralRevised": _of(lambda: _("The referral was revised.")),
    "ReferralWithdrawn": _of(lambda: _("The referral was withdrawn.")),
    "SearchStarted": _started,
    "SearchWidened": _widened,
    "ReleaseDelayed": _delayed,
    "NoFitFound": _of(lambda: _("No home fits now. The search stays open for homes that come.")),
    "ProviderInvited": _invited,
    "InvitationLapsed": _of(lambda: _("{provider} did not answer in time.")),
    "InvitationDeclined": _declined,
    "InvitationClosed": _closed,
    "InterestExpressed": _of(lambda: _("{provider} is asking the carer.")),
    "ClarificationAsked": _of(lambda: _("{provider} asked about the referral.")),
    "ClarificationAnswered": _of(lambda: _("A question about the referral was answered.")),
    "OfferMade": _of(lambda: _("{provider} offered a home.")),
    "OfferRevised": _of(lambda: _("{provider} revised its offer.")),
    "OfferWithdrawn": _of(lambda: _("{provider} withdrew its offer.")),
    "OfferExpired": _of(lambda: _("An offer of {provider} ran out.")),
    "OfferSelected": _of(lambda: _("An offer was selected, and its place asked for.")),
    "OfferNotSelected": _of(lambda: _("{provider} was told that another home was selected.")),
    "SelectionRefused": _of(lambda: _("The place of {provider} has just gone.")),
    "VacancyReserved": _of(lambda: _("The place at {provider} is held.")),
    "PlacementAgreed": _of(lambda: _("Terms of the placement were posted.")),
    "VerbalAgreementRecorded": _of(lambda: _("The placement was agreed by word of mouth.")),
    "PlacementStarted": _of(lambda: _("The child has moved in.")),
    "SearchResumed": _of(lambda: _("The search goes on with the other offers.")),
    "SearchClosed": lambda event, name: _("The search ended: {how}.").format(
        how=label("search_outcome", event.outcome).lower()
    ),
}


def _noticed(event: Any, name: Names) -> str:
    who = name(event.authority if event.given_by == "authority" else event.provider)
    said = _("{who} gave notice: the placement is to end on {day}. {why}")
    return said.format(who=who, day=day(event.ends_on), why=label("reason_place_change", event.reason))


def _reviewed(event: Any, name: Names) -> str:
    said = _("The placement was reviewed on {day}. {how}; {count} actions agreed.")
    how = label("review_participation", event.participation)
    return said.format(day=day(event.reviewed_on), how=how, count=event.actions)


def _missing(event: Any, name: Names) -> str:
    until = _(" until {until}").format(until=when(event.ended_at)) if event.ended_at else ""
    said = _("{kind} from {began}{until}.")
    return said.format(kind=label("missing", event.kind), began=when(event.began_at), until=until)


def _refused(event: Any, name: Names) -> str:
    why = label("support_refused_reason", event.reason)
    return _("{authority} does not pay for {what}: {why}.").format(
        authority=name(event.authority), what=event.what, why=why.lower()
    )


SAID_OF_PLACEMENTS: Final[Mapping[str, Callable[[Any, Names], str]]] = {
    "PlacementAgreed": lambda event, name: _("Terms were posted: from {day}.").format(day=day(event.starts_on)),
    "VerbalAgreementRecorded": lambda event, name: _("It was agreed by word of mouth, {when}: from {day}.").format(
        when=when(event.agreed_at), day=day(event.starts_on)
    ),
    "PlacementStarted": lambda event, name: _("The child moved in on {day}.").format(day=day(event.started_on)),
    "PlacementPlanAgreed": lambda event, name: _("The placement plan was agreed on {day}.").format(
        day=day(event.agreed_on)
    ),
    "FeeChanged": lambda event, name: _("A changed fee was posted: from {day}. {why}").format(
        day=day(event.changes_on), why=label("fee_change_reason", event.reason)
    ),
    "NoticeGiven": _noticed,
    "PlacementEndPlanned": lambda event, name: _("It is planned to end on {day}.").format(day=day(event.ends_on)),
    "PlacementEnded": lambda event, name: _("It ended on {day}, {how}.").format(
        day=day(event.ended_on), how=_("as planned") if event.planned else _("not as planned")
    ),
    "SupportRequested": lambda event, name: _("{provider} asked for {what}.").format(
        provider=name(event.provider), what=event.support.what
    ),
    "SupportAgreed": lambda event, name: _("{authority} pays for {what}.").format(
        authority=name(event.authority), what=event.support.what
    ),
    "SupportRefused": _refused,
    "PlacementReviewed": _reviewed,
    "MissingEpisodeRecorded": _missing,
}
"""An event of a placement -> what it says there."""


def risks_in_words(children: Iterable[Any]) -> str:
    """Return the risks that are present, each once."""
    found = dict.fromkeys(risk for one in children for risk in one.risks_present)
    return "; ".join(label("risk", one) for one in found)


def in_short(children: Iterable[Any]) -> str:
    """Return who children are in bands and codes: `8 to 10 years, female; age not told`."""
    found = []
    for one in children:
        age = label("age_band", one.age_band).lower() if one.age_band else _("age not told")
        found.append(", ".join(filter(None, [age, label("sex", one.sex).lower()])))
    return "; ".join(found)
