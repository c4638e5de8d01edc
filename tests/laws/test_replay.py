"""The same streams give the same decisions, byte for byte."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest
from hypothesis import given

from placehub.bulk import BulkHub
from placehub.contracts.codec import Codec, Folder
from placehub.contracts.headers import write_headers
from placehub.drivers.records import Record
from placehub.keys.sealed import Sealed
from placehub.offers.events import InvitationDeclined
from placehub.organisations.joining import Organisation, SharingAgreement
from placehub.postcodes import Postcodes
from placehub.referrals.child import ChildNeed
from placehub.referrals.events import EarlyNoticeGiven, Wanted
from placehub.sample.inmemory import InMemory
from placehub.sample.stage import Stage
from placehub.sample.world import make_world
from placehub.search.case import Facts
from placehub.search.row import OpenedHousehold
from placehub.vacancies.events import VacancyConfirmed, VacancyOpened, VacancyPaused

from ..search.worlds import BASIS, NOW, TODAY
from .worlds import World, law, worlds

CASE, AUTHORITY = UUID(int=9), "E08000035"
CODEC = Codec(Folder())
MEMBERS = (("P1", "provider"), ("P2", "provider"), ("P3", "provider"), (AUTHORITY, "authority"))


class Opened:
    """The needs of a world, as if every one could be opened."""

    def __init__(self, needs: Mapping[UUID, ChildNeed]) -> None:
        self._needs = needs

    def of(self, facts: Facts) -> Mapping[UUID, ChildNeed]:
        """Return all of them."""
        return self._needs


class OpenedHouseholds:
    """The households of a world, as if every one could be opened."""

    def __init__(self, world: World) -> None:
        self._known = {one.vacancy_id: one.household for one in world.vacancies if one.household is not None}

    def of(self, sealed: Mapping[UUID, Sealed]) -> Mapping[UUID, OpenedHousehold]:
        """Return those that are asked for."""
        return {one: self._known[one] for one in sealed}


@pytest.fixture(scope="module")
def sectors() -> Postcodes:
    """Return the postcodes, opened once."""
    return Postcodes.open()


@law
@given(world=worlds())
def test_replay_gives_the_same(world: World, sectors: Postcodes) -> None:
    """What happened, told again to a hub that knows nothing, is decided in the very same bytes."""
    first, second = (decided(world, sectors) for _ in range(2))
    assert first == second
    assert first


def decided(world: World, sectors: Postcodes) -> list[bytes]:
    """Tell a hub in memory of the world, event by event, and return what it wrote itself."""
    written: list[bytes] = []
    hub = BulkHub(sectors, Opened(world.needs), OpenedHouseholds(world), lambda record: written.extend(by_hub(record)))
    hub.tick(NOW - timedelta(days=3))
    hub.register([_member(code, kind) for code, kind in MEMBERS], NOW)
    late = len(world.vacancies) // 2
    for event in map(_opened, world.vacancies[:late]):
        _post(hub, event.provider, event, NOW - timedelta(days=2))
    hub.tick(NOW)
    _post(hub, AUTHORITY, _notice(world), NOW)
    for one in world.vacancies[late:]:
        _post(hub, one.provider, _opened(one), NOW - timedelta(days=2))
    for one in world.vacancies[:1]:
        _post(hub, one.provider, VacancyPaused(vacancy_id=one.vacancy_id, provider=one.provider), NOW)
        until = NOW + timedelta(days=5)
        again = VacancyConfirmed(vacancy_id=one.vacancy_id, provider=one.provider, willing_until=until)
        _post(hub, one.provider, again, NOW)
    _post(hub, "P1", InvitationDeclined(referral_id=CASE, provider="P1", reason="carer unavailable"), NOW)
    hub.tick(NOW + timedelta(days=2))
    return written


def by_hub(record: Record) -> list[bytes]:
    """Return what a record says, headers and all, if the hub wrote it of its own accord."""
    if not record.attributes.source.startswith("/hub/"):
        return []
    return [repr(write_headers(record.attributes)).encode() + CODEC.encode(record.event)]


def _post(hub: BulkHub, sender: str, event: Any, time: Any) -> None:
    subject = getattr(event, "referral_id", None) or event.vacancy_id
    hub.post(sender, event, uuid5(subject, f"{sender}|{type(event).__name__}"), time)
    hub.settle()


def _member(code: str, kind: str) -> Organisation:
    agreement = SharingAgreement(reference="MADE-UP", signed_on=TODAY)
    scheme = "ons" if kind == "authority" else "ofsted"
    return Organisation(code=code, scheme=scheme, kind=kind, name="Made up", agreement=agreement, nation="England")


def _opened(one: Any) -> VacancyOpened:
    return VacancyOpened(
        vacancy_id=one.vacancy_id,
        provider=one.provider,
        household_ref=UUID(int=one.vacancy_id.int + 2**40),
        home=one.home,
        household=Sealed(key_id=str(one.vacancy_id), nonce=bytes(12), ciphertext=bytes(16)) if one.household else None,
    )


def _notice(world: World) -> EarlyNoticeGiven:
    return EarlyNoticeGiven(
        referral_id=CASE,
        authority=AUTHORITY,
        need_known_at=NOW,
        lawful_basis=BASIS,
        wanted=Wanted(**world.wanted, near_sector="LS6 2" if world.place else None),
        children=world.children,
    )


DAYS = 2
"""Simulated days of the sample world that two processes decide."""


def digest() -> str:
    """Return a digest of all that the hub decides in a small sample world."""
    postcodes, found = Postcodes.open(), hashlib.sha256()
    front = InMemory(3, postcodes, lambda record: found.update(b"".join(by_hub(record))))
    world = make_world(3, "corner", postcodes, DAYS)
    stage = Stage(front, world)
    stage.prepare()
    for now in world.steps:
        stage.step(now)
    return found.hexdigest()


def test_another_process_decides_the_same() -> None:
    """Two processes whose sets and dictionaries are in another order decide a sample world in the very same bytes."""
    program = [sys.executable, "-c", "from tests.laws.test_replay import digest; print(digest())"]
    found = [
        subprocess.run(program, env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True)
        for seed in ("1", "2")
    ]
    assert len({one.stdout for one in found}) == 1
    assert len(found[0].stdout.strip()) == 64
