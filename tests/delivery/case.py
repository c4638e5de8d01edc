"""A case told event by event, and the letters it caused."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from placehub.contracts.headers import Attributes
from placehub.contracts.parts import HomeFit
from placehub.delivery.circle import Circle, Letter, Place, turn
from placehub.offers import events as offers
from placehub.referrals import events as referrals
from placehub.search import events as search

from .making import NOW, said, whole

AUTHORITY = "E08000035"
HUB = "/hub/search/referral/0"
PROVIDERS = ("IFA-1", "IFA-2", "IFA-3", "IFA-4")


class Told:
    """One case: `tell` an event, read the `letters`."""

    def __init__(self) -> None:
        self.referral_id = uuid4()
        self.circle = Circle()
        self.letters: list[Letter] = []
        self.homes = {one: whole(HomeFit) for one in PROVIDERS}
        self.offers: dict[str, UUID] = {one: uuid4() for one in PROVIDERS}
        self.told: list[tuple[Any, Attributes]] = []

    def tell(self, event: Any, source: str = HUB, **more: Any) -> list[Letter]:
        """Let the event happen and return the letters that it caused."""
        attributes = said(event, source, **more)
        place = Place(position=len(self.told), now=NOW, source="/hub/delivery/referral/0")
        self.told.append((event, attributes))
        self.circle, new = turn(self.circle, event, attributes, place)
        self.letters += new
        return list(new)

    def authority(self, cls: type, **given: Any) -> list[Letter]:
        """Let the authority say it."""
        first = {"previous_placement": None} if cls is referrals.EarlyNoticeGiven else {}
        return self.tell(whole(cls, referral_id=self.referral_id, authority=AUTHORITY, **(first | given)), AUTHORITY)

    def provider(self, provider: str, cls: type, **given: Any) -> list[Letter]:
        """Let a provider say it, of its own offer and home."""
        return self.tell(whole(cls, **self.own(cls, provider), **given), provider)

    def hub(self, provider: str, cls: type, **given: Any) -> list[Letter]:
        """Let the hub say it of one provider."""
        return self.tell(whole(cls, **self.own(cls, provider), **given))

    def own(self, cls: type, provider: str) -> dict[str, Any]:
        """The fields by which an event is of this provider, as far as the event has them."""
        home = self.homes[provider]
        known = {
            "referral_id": self.referral_id,
            "provider": provider,
            "offer_id": self.offers[provider],
            "vacancy_id": home.vacancy_id,
            "homes": (home,),
            "next_offers": tuple(self.offers[other] for other in PROVIDERS if other != provider),
        }
        return {name: value for name, value in known.items() if name in cls.__dataclass_fields__}  # type: ignore[attr-defined]  # events are dataclasses

    def invite(self, provider: str) -> list[Letter]:
        """Let the hub invite a provider."""
        return self.hub(provider, search.ProviderInvited)

    def offer(self, provider: str) -> list[Letter]:
        """Let a provider offer a home."""
        return self.provider(provider, offers.OfferMade)

    def select(self, provider: str) -> list[Letter]:
        """Let the authority select a provider's offer, with feedback for the others."""
        others = [self.offers[other] for other in PROVIDERS if other != provider]
        feedback = tuple(referrals.OfferFeedback(offer_id=one, feedback="word") for one in others)
        return self.authority(referrals.OfferSelected, offer_id=self.offers[provider], feedback=feedback)

    def inbox(self, organisation: str) -> list[str]:
        """The names of the events an organisation was sent, in order."""
        return [type(one.event).__name__ for one in self.letters if one.organisation == organisation]
