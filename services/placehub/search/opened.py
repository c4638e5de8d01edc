"""Sealed parts, opened in memory only, for the rules that ask for them; what cannot be read stays unknown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final, Protocol, TypeVar
from uuid import UUID

from pydantic import TypeAdapter

from placehub.errors import Rejected
from placehub.keys.client import KeyClient
from placehub.keys.sealed import Sealed
from placehub.keys.sealing import unseal
from placehub.search.needfit import plain
from placehub.search.row import OpenedHousehold
from placehub.vacancies.events import Household

PURPOSE: Final = "matching"
"""What the hub gives as its purpose when its search opens a need or a household."""
_HOUSEHOLD: Final = TypeAdapter(Household)
T = TypeVar("T")


class Households(Protocol):
    """Opens the sealed households of vacancies, in memory only, for the rules that ask for them."""

    def of(self, sealed: Mapping[UUID, Sealed]) -> Mapping[UUID, OpenedHousehold]:
        """Return those that could be opened, by vacancy; one whose key is destroyed is left out."""
        ...


class KeyHouseholds:
    """Opens households through the key service, all that are asked for in one go."""

    def __init__(self, keys: KeyClient, purpose: str = PURPOSE) -> None:
        self._keys = keys
        self._purpose = purpose

    def of(self, sealed: Mapping[UUID, Sealed]) -> dict[UUID, OpenedHousehold]:
        """Return those that could be opened, by vacancy; one whose key is destroyed is left out."""
        keys = self._keys.open_many([one.key_id for one in sealed.values()], self._purpose)
        found: dict[UUID, OpenedHousehold] = {}
        same: dict[OpenedHousehold, OpenedHousehold] = {}
        for vacancy_id, one in sealed.items():
            if one.key_id in keys:
                read = _read(keys[one.key_id], one)
                found[vacancy_id] = same.setdefault(read, read)
        return found


def opened(key: bytes, compartment: str, sealed: Sealed, form: TypeAdapter[T]) -> T:
    """Return a sealed part in its form; Rejected where it is not what was to be sealed there.

    Intake cannot look inside, so the first to find out is whoever opens it.
    """
    plaintext = unseal(key, compartment, sealed)
    try:
        return form.validate_python(json.loads(plaintext))
    except (ValueError, RecursionError):  # whose words quote the value
        raise Rejected(
            compartment, "holds what is not of its form", "Seal the document that is described and send a new event."
        ) from None


def as_read(household: Household) -> OpenedHousehold:
    """Return what matching reads of a household."""
    return OpenedHousehold(_words(household.faiths), _words(household.ethnicities))


def _read(key: bytes, sealed: Sealed) -> OpenedHousehold:
    try:
        return as_read(opened(key, "household", sealed, _HOUSEHOLD))
    except Rejected:  # its vacancy stands in the stream already: of such a household nothing is known
        return OpenedHousehold(None, None)


def _words(told: tuple[str, ...] | None) -> frozenset[str] | None:
    return None if told is None else frozenset(plain(one) for one in told)
