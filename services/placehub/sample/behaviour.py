"""How the sample world's people behave: a model, written down. None of its numbers is a published figure.

======================  ===============================================================================
who, when               what they do
======================  ===============================================================================
officer, need known     arm "hour 0": early notice within the step in which the need is known
                        arm "after referral": tells nobody outside the authority yet
officer, both arms      the referral follows after the authority's usual delay (1 to 5 days; emergency:
                        hours); the authority's own carers are asked beside it, and the answer comes some
                        hours after the referral in both arms, so that both arms hold the same cases
officer, question       answers at the next step with the missing fact and revises the referral
officer, offers         waits a while from the first offer, then takes the best band, in it the nearest (the
                        soonest where no distance is told), never the cheapest; now and then a nearer or
                        sooner home of a lesser band, saying why
officer, refused        takes the next offer when the place has just gone
officer, moving in      has the placement plan signed before the child moves in; in an emergency some
                        days after, now and then too late
officer, no offers      gives up after some days and looks for a children's home instead
referral manager        reads the invitation, asks the carer, and answers after hours; some never answer
manager, early notice   interest where the carer would hear more, else a decline; no offer yet
manager, referral       an offer (three days, all-in) where the carer says yes: the better the band, the
                        likelier; else a decline with the fact that decided; sometimes first a question
manager, revision       confirms the standing offer for the referral's new version
manager, place filled   closes the vacancy, or pauses it while the household settles
manager, mornings       confirms vacancies, and opens, pauses or closes one a day; needs become known later
manager, every week     asks carers whether they are still willing; some forget, and find out days later
lead                    registers the agreements and the providers that join them, once
======================  ===============================================================================

An arm is drawn by the seed; both arms live in the same world and compete for the same homes. Where a carer was
asked at the early notice, the answer to the referral comes sooner: what "searched at hour 0" gains in the demo is
the authority's delay and that head start, as this model assumes them, and no evidence about the real world.

Every decision is a pure function of the model, the facts and a random stream of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Annotated, Final, get_type_hints
from uuid import UUID

from placehub.contracts.fields import Doc
from placehub.contracts.parts import FeeLine, HomeFit
from placehub.vacancies.events import Home

BANDS: Final = ("fits", "fits with named support", "stretch")
FAR: Final = Decimal(10_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """The parameters of the behaviour; each says what it means."""

    referral_days: Annotated[tuple[float, float], Doc("Days from need known to the referral, from and to")] = (1.0, 5.0)
    emergency_referral_hours: Annotated[tuple[float, float], Doc("The same in an emergency, in hours")] = (0.5, 2.0)
    in_house_hours: Annotated[tuple[float, float], Doc("Hours from referral to the answer of the own carers")] = (8, 72)
    in_house_found: Annotated[float, Doc("Share of cases in which the authority's own carers have a home")] = 0.22
    waits_hours: Annotated[float, Doc("Hours an officer waits from the first offer for better ones")] = 20.0
    emergency_waits_hours: Annotated[float, Doc("The same in an emergency")] = 0.5
    prefers_handier: Annotated[
        float, Doc("Share of choices where a nearer or sooner home of a lesser band is taken")
    ] = 0.08
    gives_up_days: Annotated[float, Doc("Days from the referral without an offer after which the officer gives up")] = (
        12.0
    )
    plan_days: Annotated[tuple[float, float], Doc("Days from an emergency's start to the signed placement plan")] = (
        0.5,
        8.0,
    )
    hesitates_hours: Annotated[float, Doc("Median hours until a referral manager answers (log-normal)")] = 9.0
    hesitates_spread: Annotated[float, Doc("Spread of these hours: sigma of the log-normal")] = 0.9
    emergency_speed: Annotated[float, Doc("An emergency is answered so many times as fast")] = 15.0
    asked_before_speed: Annotated[float, Doc("With the carer asked at the early notice, so many times as fast")] = 3.0
    never_answers: Annotated[float, Doc("Share of invitations that are never answered")] = 0.18
    interest: Annotated[float, Doc("Share of answered early notices that find interest")] = 0.75
    says_yes: Annotated[tuple[float, float, float], Doc("Share of carers who say yes, by band")] = (0.42, 0.30, 0.12)
    asks_first: Annotated[float, Doc("Share of answers before which a missing fact is asked for")] = 0.10
    offer_days: Annotated[float, Doc("Days an offer stands")] = 3.0
    offers_at_once: Annotated[int, Doc("Searches one home may be offered to at the same time")] = 2
    settles: Annotated[float, Doc("Share of homes with room left that pause after a child has come")] = 0.5
    willing_days: Annotated[float, Doc("Days a carer's word stands before it is asked for again")] = 7.0
    forgets: Annotated[float, Doc("Share of weekly questions to a carer that are forgotten")] = 0.15
    forgets_days: Annotated[float, Doc("Days until a forgotten question is noticed")] = 4.0


MODELS: Final[dict[str, Model]] = {
    "usual": Model(),
    "eager": Model(
        hesitates_hours=4.0, never_answers=0.05, interest=0.9, says_yes=(0.65, 0.50, 0.30), gives_up_days=12.0
    ),
    "weary": Model(
        hesitates_hours=18.0, never_answers=0.45, interest=0.5, says_yes=(0.22, 0.14, 0.04), gives_up_days=12.0
    ),
}
"""Three ways in which people may behave: as usual; carers who often say yes, soon; few answers, late and mostly no."""


def model_rows(*models: Model) -> list[tuple[str, ...]]:
    """Return (parameter, its value in each model, meaning) for each parameter: the models as a table for the docs."""
    hints = get_type_hints(Model, include_extras=True)
    return [
        (one.name, *(str(getattr(model, one.name)) for model in models), hints[one.name].__metadata__[0].text)
        for one in fields(Model)
    ]


@dataclass(frozen=True, slots=True)
class Offer:
    """One standing offer, as the officer's record has it."""

    offer_id: UUID
    provider: str
    vacancy_id: UUID
    band: str
    distance_miles: Decimal | None
    available_from: date
    valid_until: datetime
    fee_lines: tuple[FeeLine, ...]
    version: int


@dataclass(frozen=True, slots=True)
class Choice:
    """The offer an officer takes, and why where it is not the best fit."""

    offer: Offer
    reason: str | None


@dataclass(frozen=True, slots=True)
class InHouse:
    """What the search among the authority's own carers comes to, and how long after the referral."""

    after: timedelta
    found: bool


def referral_delay(model: Model, chance: Random, emergency: bool) -> timedelta:
    """Return how long after the need is known the referral is made."""
    if emergency:
        return timedelta(hours=chance.uniform(*model.emergency_referral_hours))
    return timedelta(days=chance.uniform(*model.referral_days))


def in_house(model: Model, chance: Random, emergency: bool) -> InHouse:
    """Return when and how the search among the authority's own carers ends."""
    hours = chance.uniform(*model.in_house_hours)
    return InHouse(
        timedelta(hours=hours / (model.emergency_speed if emergency else 1)), chance.random() < model.in_house_found
    )


def plan_after(model: Model, chance: Random, emergency: bool) -> timedelta:
    """Return how long after the start the placement plan is signed; nothing: it was, before."""
    return timedelta(days=chance.uniform(*model.plan_days)) if emergency else timedelta(0)


def waits(model: Model, emergency: bool) -> timedelta:
    """Return how long an officer waits from the first offer."""
    return timedelta(hours=model.emergency_waits_hours if emergency else model.waits_hours)


def choose(model: Model, chance: Random, offers: Iterable[Offer]) -> Choice | None:
    """Return the offer to take: best band, then nearest, then soonest, never by price; None when there is none."""
    ranked = sorted(offers, key=lambda one: (BANDS.index(one.band), *_handiness(one)))
    if not ranked:
        return None
    handiest = min(ranked, key=_handiness)
    if handiest.band != ranked[0].band and chance.random() < model.prefers_handier:
        return Choice(handiest, "available earlier" if handiest.distance_miles is None else "nearer")
    return Choice(ranked[0], None)


def _handiness(offer: Offer) -> tuple[Decimal, date, str]:
    return _miles(offer.distance_miles), offer.available_from, str(offer.offer_id)


def hesitation(model: Model, chance: Random, *, emergency: bool, asked_before: bool) -> timedelta | None:
    """Return how long until a referral manager answers; None for never."""
    hours = chance.lognormvariate(0, model.hesitates_spread) * model.hesitates_hours
    if chance.random() < model.never_answers and not asked_before:
        return None
    speed = (model.emergency_speed if emergency else 1) * (model.asked_before_speed if asked_before else 1)
    return timedelta(hours=hours / speed)


def best_home(homes: Sequence[HomeFit]) -> HomeFit | None:
    """Return the home a manager asks first: best band, then nearest."""
    return min(
        homes, key=lambda one: (BANDS.index(one.band), _miles(one.distance_miles), str(one.vacancy_id)), default=None
    )


def is_interested(model: Model, chance: Random) -> bool:
    """Tell whether a carer would hear more after an early notice."""
    return chance.random() < model.interest


def says_yes(model: Model, chance: Random, band: str) -> bool:
    """Tell whether the carer says yes to the referral."""
    return chance.random() < model.says_yes[BANDS.index(band)]


def decline(chance: Random, band: str, distance_miles: Decimal | None) -> tuple[str, str | None]:
    """Return why a carer says no: (decline reason, the fact that decided)."""
    if distance_miles is not None and distance_miles > 12 and chance.random() < 0.4:
        return "too far", "wanted.near_sector"
    if band == "stretch":
        return chance.choice((("risk to household", "children.risks_present"), ("not the right match", None)))
    return chance.choice((("carer unavailable", None), ("not the right match", "children.age_band")))


def fee_lines(home: Home, band: str, *, supported: bool) -> tuple[FeeLine, ...]:
    """Return the all-in fee: the home's own, one named support where the fit rests on it, one the need has agreed."""
    lines = [FeeLine(what="base fee", amount=home.weekly_fee or Decimal(900), unit="week")]
    if band != BANDS[0]:
        lines.append(FeeLine(what="additional supervision", amount=Decimal(120), unit="week"))
    if supported:
        lines.append(FeeLine(what="agreed support", amount=Decimal(80), unit="week"))
    return tuple(lines)


def starts_on(available_from: date, planned_start: date | None, reserved_on: date) -> date:
    """Return the first day: both sides work it out from what both of them know."""
    return max(available_from, reserved_on, planned_start or reserved_on)


def next_question(model: Model, chance: Random, willing_until: datetime) -> datetime:
    """Return when the carer is next asked: a day before the word runs out, or days late when it is forgotten."""
    if chance.random() < model.forgets:
        return willing_until + timedelta(days=model.forgets_days)
    return willing_until - timedelta(days=1)


def _miles(distance: Decimal | None) -> Decimal:
    return FAR if distance is None else distance
