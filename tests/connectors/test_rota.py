"""A rota says who is told, and where nobody is."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from placehub.errors import HubError, Misconfigured, Unavailable
from placehub.organisations.rota import Rota, read_rota
from placehub_connectors.digest.asking import EVERY, Kept

LONDON = ZoneInfo("Europe/London")
# All made up.
ROTA = """
deputy = "deputy"
[people]
manager = "manager@office.example"
deputy = "deputy@office.example"
duty = "duty@office.example"
[[cover]]
who = "manager"
days = ["mon", "tue", "wed", "thu", "fri"]
from = 09:00:00
until = 17:00:00
[[cover]]
who = "duty"
from = 17:00:00
until = 09:00:00
bank_holidays = true
[[away]]
who = "manager"
first = 2026-03-10
last = 2026-03-11
"""


def at(day: int, hour: int, month: int = 3) -> datetime:
    """Return an hour of 2026 in London, as the hub has it."""
    return datetime(2026, month, day, hour, tzinfo=LONDON).astimezone(ZoneInfo("UTC"))


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (at(2, 9), "manager"),
        (at(2, 17), "duty"),
        (at(3, 3), "duty"),  # the night that began the day before
        (at(10, 9), "deputy"),  # the only manager is away
        (at(7, 12), "deputy"),  # a Saturday, of which nobody thought
        (at(6, 12, month=4), "deputy"),  # Easter Monday
        (at(7, 16, month=4), "manager"),  # British Summer Time
    ],
)
def test_who_is_told(now: datetime, told: str) -> None:
    """Whoever covers is told, over midnight and in London's time; the deputy when nobody covers or they are away."""
    assert read_rota(ROTA).who(now) == told


def test_holes_are_named_with_their_dates() -> None:
    """Weekend days, the manager's days away and Easter are found ahead, neighbouring hours as one hole."""
    holes = [str(one) for one in read_rota(ROTA).holes(at(9, 12))]
    assert holes[:2] == [
        "Tue 10 March 2026 09:00 to Tue 10 March 2026 17:00",
        "Wed 11 March 2026 09:00 to Wed 11 March 2026 17:00",
    ]
    assert "Fri 3 April 2026 09:00 to Fri 3 April 2026 17:00" in holes
    assert "Sun 29 March 2026 09:00 to Sun 29 March 2026 17:00" in holes  # the clocks go forward that night
    assert len(holes) == 2 + 8 + 2


def test_a_rota_without_holes_has_none() -> None:
    """One person at all hours leaves no hole."""
    whole = 'deputy = "a"\n[people]\na = "a@office.example"\n[[cover]]\nwho = "a"\nbank_holidays = true\n'
    assert read_rota(whole).holes(at(20, 8)) == ()


@pytest.mark.parametrize(
    ("wrong", "right", "says"),
    [
        ('deputy = "deputy"', 'deputy = "nobody"', "deputy must be one of its people"),
        ('who = "duty"', 'who = "nobody"', r"cover\.1\.who must be one of its people"),
        ("manager@office.example", "secret-mail", r"people\.manager must be an e-mail address"),
        ('"mon"', '"monday"', r"cover\.0\.days\.0 must be 'mon', 'tue', "),
        ("bank_holidays", "holidays", r"cover\.1\.holidays is not known here\. Take it out"),
        ("[[away]]", "[[away]", "is not TOML"),
        ("[people]", "[persons]", r"people is required\. Add it; docs/digest\.md"),
        (
            'deputy = "deputy"',
            'deputy = "deputy"\nnation = "Ireland"',
            "nation must be 'England', 'Wales' or 'Scotland'",
        ),
    ],
)
def test_a_wrong_rota_is_told(wrong: str, right: str, says: str) -> None:
    """The field, the rule and the remedy are told, and no address."""
    with pytest.raises(Misconfigured, match=says) as told:
        read_rota(ROTA.replace(wrong, right))
    assert "secret" not in str(told.value)


def test_bank_holidays_are_the_nations() -> None:
    """St Andrew's Day is no working day in Scotland, Easter Monday none in England: of the rota's nation, else told."""
    easter_monday, st_andrews = at(6, 12, month=4), at(30, 12, month=11)
    plain, scottish = read_rota(ROTA), read_rota('nation = "Scotland"\n' + ROTA)
    assert [one.who(easter_monday) for one in (plain, plain.of("Scotland"), scottish)] == [
        "deputy",
        "manager",
        "manager",
    ]
    assert [one.who(st_andrews) for one in (plain, plain.of("Scotland"), scottish)] == ["manager", "deputy", "deputy"]
    assert scottish.of("Wales").nation == "Scotland"


def test_the_last_rota_holds_while_none_can_be_asked_for() -> None:
    """It is asked for again once a minute of looks; what goes wrong is said, and the rota of before is used."""
    one, other = read_rota(ROTA), read_rota('nation = "Scotland"\n' + ROTA)
    answers: list[Rota | HubError] = [one, Unavailable("The hub does not answer.", server="api"), other]

    def ask() -> Rota:
        answer = answers.pop(0)
        if isinstance(answer, HubError):
            raise answer
        return answer

    kept = Kept(ask)
    told = [kept.again() for _ in range(EVERY)]
    assert (set(told[:-1]), told[-1]) == ({""}, "The rota of before is used. The hub does not answer.")
    assert kept.rota is one
    assert {kept.again() for _ in range(EVERY)} == {""}
    assert kept.rota is other
