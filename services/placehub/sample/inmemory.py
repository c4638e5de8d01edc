"""The hub as the actors meet it in a large world: the bulk shell, in this very process."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import is_dataclass, replace
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

from placehub.bulk import BulkHub, Sink
from placehub.contracts.codec import to_json
from placehub.delivery.circle import Letter
from placehub.keys.sealed import Sealed
from placehub.keys.sealing import seal
from placehub.postcodes import Postcodes
from placehub.referrals.child import Child, ChildNeed
from placehub.sample.actors import Act, Path
from placehub.sample.mailroom import joining
from placehub.sample.parties import Party
from placehub.search.case import Facts
from placehub.search.opened import as_read
from placehub.search.row import OpenedHousehold
from placehub.vacancies.events import Household

A = TypeVar("A")
R = TypeVar("R")
COMPARTMENTS: Final = {"need": "need", "identity": "identity", "household": "household", "answer": "need"}
"""The field a sealed part stands in, and the compartment it is sealed for."""


class SampleHouseholds:
    """The sample's households, by the ids of their keys."""

    def __init__(self) -> None:
        self._by_key: dict[str, OpenedHousehold] = {}

    def keep(self, key_id: str, household: Household) -> None:
        """Keep what matching reads of a household."""
        self._by_key[key_id] = as_read(household)

    def of(self, sealed: Mapping[UUID, Sealed]) -> Mapping[UUID, OpenedHousehold]:
        """Return the households, by vacancy."""
        return {vacancy_id: self._by_key[one.key_id] for vacancy_id, one in sealed.items()}


class SealedSample:
    """Seals what the sample's people seal, under keys made of the seed; and opens needs for who may.

    Nothing in a sample world is true, so its keys need not be secret: they are the same for the same seed, and who
    loads the world elsewhere can make them again.
    """

    def __init__(self, seed: int) -> None:
        self._seed = str(seed).encode()
        self._needs: dict[str, ChildNeed] = {}
        self.households = SampleHouseholds()
        """Opens the households it sealed, as the hub's search opens them."""

    def close(self, event: Any, plain: Mapping[Path, object]) -> Any:
        """Return the event with each open part sealed in its place."""
        for path, part in plain.items():
            event = self._closed(event, path, part, event)
        return event

    def of(self, facts: Facts) -> Mapping[UUID, ChildNeed]:
        """Return the needs of a case's children, as the hub's search opens them."""
        sealed = {one.child_id: one.need for one in facts.children if isinstance(one, Child) and one.need is not None}
        return {child: self._needs[one.key_id] for child, one in sealed.items()}

    def opened(self, sealed: Sealed) -> ChildNeed:
        """Return a need."""
        return self._needs[sealed.key_id]

    def _closed(self, whole: Any, path: Path, part: object, event: Any) -> Any:
        name, rest = path[0], path[1:]
        if isinstance(name, int):
            return tuple(self._closed(one, rest, part, event) if at == name else one for at, one in enumerate(whole))
        inner = self._closed(getattr(whole, name), rest, part, event) if rest else self._seal(name, part, whole)
        return replace(whole, **{name: inner})

    def _seal(self, field: str, part: object, holder: Any) -> Sealed:
        compartment = COMPARTMENTS[field]
        subject = getattr(holder, "child_id", None) or holder.household_ref
        key_id = f"sample-{compartment}-{subject}"
        if isinstance(part, ChildNeed):
            self._needs[key_id] = part
        if isinstance(part, Household):
            self.households.keep(key_id, part)
        document = part if isinstance(part, dict) or not is_dataclass(part) else to_json(part)
        key = hmac.digest(self._seed, key_id.encode(), "sha256")
        return seal(key, key_id, compartment, json.dumps(document, sort_keys=True).encode())


class InMemory:
    """The bulk hub behind the stage."""

    def __init__(self, seed: int, postcodes: Postcodes, sink: Sink) -> None:
        self.sealed = SealedSample(seed)
        """What seals the sample's parts, and opens needs and households."""
        self.hub = BulkHub(postcodes, self.sealed, self.sealed.households, sink)
        """The hub itself."""

    def register(self, parties: Sequence[Party], now: datetime) -> None:
        """Set the hub's clock, and register every organisation."""
        self.hub.tick(now)
        self.hub.register([joining(one) for one in parties], now)

    def turn(self, now: datetime) -> Mapping[str, Sequence[Letter]]:
        """Move the hub's clock on; return what has come to each organisation since."""
        self.hub.tick(now)
        came = dict(self.hub.letters)
        self.hub.letters.clear()
        return came

    def post(self, wave: Sequence[Act]) -> None:
        """Post one act after the other, then let everything follow."""
        for act in wave:
            self.hub.post(act.sender, self.sealed.close(act.event, act.plain), act.id, act.time)
        self.hub.settle()

    def need(self, provider: str, child: Child) -> ChildNeed | None:
        """Return a child's need if its key is open to the provider."""
        sealed = child.need
        if sealed is None or not self.hub.may_open(provider, sealed.key_id):
            return None
        return self.sealed.opened(sealed)

    def each(self, do: Callable[[A], R], items: Iterable[A]) -> list[R]:
        """Return what `do` returns for each item."""
        return [do(item) for item in items]

    def close(self) -> None:
        """There is nothing to let go of."""
