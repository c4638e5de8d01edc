"""Nothing that was sealed stands in the open anywhere: not in the broker, not in the database, not in a log."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import Connection, text

from placehub.database import connect
from placehub.embedded.identity import IDENTITY_FILE, Identity
from placehub.offers.events import OfferMade
from placehub.referrals.events import ReferralMade
from placehub.vacancies.events import VacancyOpened

from ..observing.asking import workers
from .story import Desk, HubUnderTest, Town

pytestmark = pytest.mark.broker


@dataclass
class Canaries:
    """One made-up word for each place where personal data may stand, and one that was posted in the open."""

    need: str
    risk: str
    identity: str
    household: str
    faith: str
    words: str
    own_words: str
    in_the_open: str

    @property
    def sealed(self) -> dict[str, str]:
        """Return the words that nobody may find."""
        return {name: word for name, word in vars(self).items() if name != "in_the_open"}


@pytest.fixture(scope="module")
def canaries(hub: HubUnderTest, authorities: tuple[Desk, Desk], providers: tuple[Desk, ...]) -> Iterator[Canaries]:
    """A whole story whose sealed parts hold the canaries, one wrong event with each among it."""
    made = Canaries(*(f"canary{uuid4().hex}" for _ in range(8)))
    town = Town(hub, authorities[0], providers)
    town.begin()
    household = {"carers": made.household, "notes": made.household, "faiths": [made.faith]}
    home = town.open_home(providers[0], household=household)
    hub.settle()
    case = town.case()
    case.refer(
        need={
            "age_years": 9,
            "religion": made.faith,
            "why_now": made.need,
            "risks": [{"risk": "riskMissing", "trigger": made.risk}],
        },
        identity={"name": made.identity, "notes": made.identity},
    )
    hub.settle()
    question = {
        "referral_id": str(case.id),
        "provider": providers[0].code,
        "clarification_id": str(uuid4()),
        "child_id": str(case.children[0]),
        "about": "children.pets",
        "question": made.words,
    }
    providers[0].tell("ClarificationAsked", question)
    answer = {name: value for name, value in question.items() if name not in ("provider", "question")}
    town.authority.tell("ClarificationAnswered", answer | {"authority": town.authority.code, "answer": made.own_words})
    offer = case.offer(providers[0], home)
    hub.settle()
    case.select(offer)
    hub.settle()
    case.agree(offer, home, providers[0])
    case.start(offer, home, providers[0])
    # rejected by intake, and a referral of somebody else's words in plain bytes
    town.authority.post_raw(made.in_the_open.encode(), [])
    hub.settle()
    _opened(town, providers[0], made)
    yield made
    town.end()


def _opened(town: Town, provider: Desk, made: Canaries) -> None:
    """Check that the canaries did travel: whoever may, opens them."""
    (referral,) = [one for one in provider.got(ReferralMade) if one.agreement_id == town.agreement_id]
    need = provider.mailbox.open_need(referral.children[0])
    assert need is not None
    assert need.why_now == made.need
    (own,) = [one for one in town.authority.got(ReferralMade) if one.referral_id == referral.referral_id]
    identity = town.authority.mailbox.open_identity(own.children[0])
    assert identity is not None
    assert identity.name == made.identity
    opened = [one for one in provider.got(VacancyOpened) if one.vacancy_id in town.homes]
    household = provider.mailbox.open_household(opened[0].household)
    assert household is not None
    assert household.carers == made.household
    assert town.authority.got(OfferMade, referral.referral_id)


def forms(word: str) -> list[bytes]:
    """Return the word as it stands in text, in JSON's and Java's wide characters, in hexadecimal and in base64."""
    plain = word.encode()
    shifted = [base64.b64encode(b"x" * shift + plain)[4:-4] for shift in range(3)]
    return [plain, word.encode("utf-16-le"), word.encode("utf-16-be"), plain.hex().encode(), *shifted]


def holding(folder: Path, words: dict[str, str]) -> set[tuple[str, str]]:
    """Return (file, name of the word) for every file below the folder that holds one."""
    wanted = [(name, form) for name, word in words.items() for form in forms(word)]
    found = set()
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".index", ".timeindex"):  # the broker's: numbers only, ten sparse megabytes each
            continue
        try:
            content = path.read_bytes() if path.is_file() else b""
        except FileNotFoundError:  # a log segment or WAL file that has just gone
            continue
        found |= {(str(path.relative_to(folder)), name) for name, form in wanted if form in content}
    return found


def hub_folder(hub: HubUnderTest) -> Path:
    """Return the folder of the embedded hub under test."""
    stack = getattr(getattr(hub, "running", None), "stack", None)
    folder = getattr(stack, "folder", None)
    assert isinstance(folder, Path), "only of a hub that this run started can the files be read"
    return folder


def test_no_segment_of_the_broker(hub: HubUnderTest, canaries: Canaries) -> None:
    """No segment holds a sealed word, and what was posted in the open is found: the search does search."""
    data = hub_folder(hub) / "kafka" / "data"
    assert holding(data, canaries.sealed) == set()
    found = holding(data, {"in the open": canaries.in_the_open})
    assert [path for path, _ in found if path.startswith("outbox.")]
    assert not [path for path, _ in found if not path.startswith("outbox.")], "a dead letter holds no value"


def test_no_column_of_the_database(hub: HubUnderTest, canaries: Canaries) -> None:
    """No value of any table, and no other, holds a sealed word in any of its forms."""
    engine = connect(hub.settings.database.get_secret_value())
    with engine.connect() as connection:
        tables = _tables(connection)
        assert len(tables) > 20
        found = {
            (table, name)
            for table in tables
            for row in connection.execute(text(f"SELECT CAST(t AS text) FROM {table} t")).scalars()
            for name, word in canaries.sealed.items()
            for form in forms(word)
            if form in row.encode()
        }
        cases = connection.execute(text("SELECT count(*) FROM search.case")).scalar_one()
    engine.dispose()
    assert found == set()
    assert cases > 0


def _tables(connection: Connection) -> list[str]:
    query = "SELECT table_schema, table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE'"
    mine = text(f"{query} AND table_schema NOT IN ('pg_catalog', 'information_schema')")
    return [f'"{row.table_schema}"."{row.table_name}"' for row in connection.execute(mine)]


def test_no_file_of_the_database(hub: HubUnderTest, canaries: Canaries) -> None:
    """Neither the data files nor the write-ahead log hold a sealed word, not even of rows deleted since."""
    engine = connect(hub.settings.database.get_secret_value())
    marker = f"marker{uuid4().hex}"
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE public.canary_marker (word text)"))
        connection.execute(text("INSERT INTO public.canary_marker VALUES (:word)"), {"word": marker})
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE public.canary_marker"))
    engine.dispose()
    folder = hub_folder(hub)
    elsewhere = Identity.model_validate_json((folder / IDENTITY_FILE).read_text()).database_elsewhere
    data = (Path(elsewhere) if elsewhere else folder / "postgresql") / "data"
    assert holding(data, canaries.sealed) == set()
    assert holding(data, {"marker": marker}), "a word that was stored and deleted is found in the log"


def test_no_log(hub: HubUnderTest, canaries: Canaries) -> None:
    """No log of a server or service holds a sealed word, nor one posted by mistake in the open."""
    logs = hub_folder(hub) / "logs"
    assert {"kafka.log", "search.log", "intake.log", "postgresql.log"} <= {path.name for path in logs.iterdir()}
    assert holding(logs, vars(canaries)) == set()


def test_nothing_told_of_the_processes(hub: HubUnderTest, canaries: Canaries) -> None:
    """No metric, no health page and no status holds a sealed word, one posted in the open, or a secret."""
    told = "".join(
        httpx.get(f"http://{one.observe}{page}", timeout=10).text
        for one in workers(hub.settings)
        for page in ("/live", "/ready", "/metrics")
    )
    status = subprocess.run(
        [sys.executable, "-m", "placehub", "status", "--json"],
        capture_output=True,
        text=True,
        timeout=90,
        check=True,
        env={**os.environ, **hub.settings.environment()},
    ).stdout
    assert "placehub_events_processed_total" in told
    assert '"workers"' in status
    for word in (*vars(canaries).values(), *secrets_of(hub)):
        assert word not in told
        assert word not in status


def secrets_of(hub: HubUnderTest) -> list[str]:
    """Return every password, token and key of the embedded hub under test."""
    identity = json.loads((hub_folder(hub) / IDENTITY_FILE).read_text())
    return [value for name, value in identity.items() if name.endswith(("password", "token", "key"))]


def test_no_secret_in_a_log(
    hub: HubUnderTest, canaries: Canaries, authorities: tuple[Desk, Desk], providers: tuple[Desk, ...]
) -> None:
    """At the level that tells most, no log holds a password, token or key of the hub or of an organisation."""
    logs = hub_folder(hub) / "logs"
    assert '"level": "debug"' in (logs / "search.log").read_text()
    own = secrets_of(hub)
    assert len(own) >= 7
    desks = [one.credentials for one in (*authorities, *providers)]
    given = [word for one in desks for word in (one.kafka_password, one.api_token)]
    assert holding(logs, {f"secret {number}": word for number, word in enumerate((*own, *given))}) == set()


def test_no_other_file_of_the_hub(hub: HubUnderTest, canaries: Canaries) -> None:
    """Nothing else below the hub's folder holds a sealed word."""
    assert holding(hub_folder(hub), canaries.sealed) == set()
