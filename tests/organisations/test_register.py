"""Joining the hub: whole, once, and finished when it was broken off."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Connection, select, text, update

from placehub.contracts.codec import Codec, Registry
from placehub.drivers.brokers import message_of, partitions_of, reader
from placehub.drivers.records import Record, read_event
from placehub.errors import Conflict, NotFound, Rejected
from placehub.keys.store import authenticate
from placehub.mailboxes.connection import login
from placehub.organisations import register
from placehub.organisations.joining import Organisation, SharingAgreement
from placehub.organisations.register import SOURCE, add_many, add_organisation, list_organisations, show
from placehub.organisations.tables import REGISTERING, organisation

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def joining(**facts: Any) -> Organisation:
    """Return a provider nobody has registered yet."""
    agreement = SharingAgreement(reference="DSA-7", signed_on=date(2026, 1, 5), contact="dpo@example.org")
    known = {
        "code": f"P-{uuid4().hex[:12]}",
        "scheme": "ofsted",
        "kind": "provider",
        "name": "Homes",
        "nation": "Wales",
    }
    return Organisation(**{**known, "agreement": agreement, **facts})


def told_of(hub: Any, code: str) -> list[Record]:
    """Return what the stream says of an organisation."""
    codec = Codec(Registry(hub.settings.registry))
    with reader(hub.settings) as consumer:
        places = partitions_of(consumer, ("organisation",))
        consumer.assign(places)
        ends = consumer.end_offsets(places)
        found: list[Record] = []
        while any(consumer.position(place) < ends[place] for place in places):
            batches = consumer.poll(500).values()
            found += [
                read_event(codec, message_of(one)) for batch in batches for one in batch if one.key == code.encode()
            ]
    return found


def test_what_joining_says(hub: Any) -> None:
    """The stream says who joined and under which agreement, numbered from one."""
    one = joining()
    add_organisation(hub.settings, one, NOW)
    registered, recorded = told_of(hub, one.code)
    assert (registered.event.organisation, registered.event.kind, registered.event.nation) == (
        one.code,
        "provider",
        "Wales",
    )
    assert (recorded.event.reference, recorded.event.signed_on) == ("DSA-7", date(2026, 1, 5))
    assert [each.attributes.sequence for each in (registered, recorded)] == [1, 2]
    assert {each.attributes.source for each in (registered, recorded)} == {SOURCE}
    assert registered.attributes.time == NOW


def test_what_the_register_shows(hub: Any, connection: Connection) -> None:
    """The register shows who joined, and no secret."""
    one = joining()
    credentials = add_organisation(hub.settings, one, NOW)
    shown = show(connection, one.code)
    assert (shown["state"], shown["agreement_reference"], shown["registered_at"]) == ("active", "DSA-7", NOW)
    assert shown in list_organisations(connection)
    assert not {credentials.kafka_password, credentials.api_token} & set(map(str, shown.values()))


def test_the_token(hub: Any, connection: Connection) -> None:
    """The API token opens the API to this organisation alone."""
    ours, theirs = add_many(hub.settings, [joining(), joining()], NOW)
    assert authenticate(connection, ours.code, ours.api_token)
    assert not authenticate(connection, theirs.code, ours.api_token)


@pytest.mark.parametrize("change", [str, str.upper, str.lower])
def test_a_code_that_is_taken(hub: Any, change: Any) -> None:
    """A code that stands in the register is taken, in any capitals and for every scheme."""
    one = joining()
    add_organisation(hub.settings, one, NOW)
    with pytest.raises(Conflict, match="registered already"):
        add_organisation(hub.settings, joining(code=change(one.code), scheme="ciw"), NOW)


def test_broken_off(hub: Any, connection: Connection) -> None:
    """Joining that was broken off is finished by asking again: the same events, and credentials that work."""
    one = joining()
    add_organisation(hub.settings, one, NOW)
    mine = organisation.c.code == one.code
    connection.execute(update(organisation).where(mine).values(state=REGISTERING))
    connection.commit()
    again = add_organisation(hub.settings, one, NOW + timedelta(hours=1))
    told = told_of(hub, one.code)
    assert len(told) == 4
    assert [(each.attributes, each.event) for each in told[:2]] == [(each.attributes, each.event) for each in told[2:]]
    assert connection.scalar(select(organisation.c.state).where(mine)) == "active"
    with reader(hub.settings, **login(hub.settings.bootstrap, one.code, again.kafka_password, None)) as consumer:
        assert consumer.topics()


def test_broken_off_with_other_facts(hub: Any, connection: Connection) -> None:
    """Joining that was broken off cannot be finished with other facts: its events may be out already."""
    one = joining()
    add_organisation(hub.settings, one, NOW)
    connection.execute(update(organisation).where(organisation.c.code == one.code).values(state=REGISTERING))
    connection.commit()
    with pytest.raises(Conflict, match="another name"):
        add_organisation(hub.settings, joining(code=one.code, name="Others"), NOW)


def test_all_or_none(hub: Any, connection: Connection) -> None:
    """When one of many is not in order, none joins."""
    good = joining()
    with pytest.raises(Rejected):
        add_many(hub.settings, [good, joining(kind="school")], NOW)
    with pytest.raises(NotFound):
        show(connection, good.code)


def test_nobody(hub: Any, connection: Connection) -> None:
    """An organisation that never joined is not found."""
    with pytest.raises(NotFound):
        show(connection, "NOBODY")


def test_a_database_that_fails_when_all_is_done(
    hub: Any, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever loses the database at the last step has joined all the same, and gets credentials that work."""
    one, publish = joining(), register._publish
    holder = text(
        "SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_stat_activity USING (pid)"
        " WHERE locktype = 'advisory' AND state = 'idle' AND query LIKE '%pg_advisory_lock%'"
    )

    def published(*args: Any) -> None:
        publish(*args)
        assert connection.execute(holder).scalars().all() == [True]

    monkeypatch.setattr(register, "_publish", published)
    credentials = add_organisation(hub.settings, one, NOW)
    connection.rollback()
    assert show(connection, one.code)["state"] == "active"
    assert authenticate(connection, one.code, credentials.api_token)
