"""The catalogue agrees with itself; and whatever is spoilt in it is found."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from shutil import rmtree
from typing import Annotated, Any, ClassVar

import pytest

from placehub.contracts.catalogue import check_catalogue
from placehub.contracts.codec import write_schemas
from placehub.contracts.disclosure import stale_open_text
from placehub.contracts.fields import SENSITIVE, Code, event
from placehub.contracts.parts import Organisation, ReferralId
from placehub.referrals.child import ChildNeed
from placehub.streams import STREAMS, every_event

from .conftest import SCHEMAS

OFFER = "referral/OfferMade.avsc"
OFFERS = "referral/examples/OfferMade"
ONE_OFFER = f"{OFFERS}/one-child-all-in.json"


def change(path: Path, edit: Callable[[Any], object]) -> None:
    """Read a JSON file, let `edit` change what it holds, and write it as it was laid out."""
    document = json.loads(path.read_text(encoding="utf-8"))
    edit(document)
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def field(schema: Any, name: str) -> Any:
    """Return one field of a schema."""
    return next(one for one in schema["fields"] if one["name"] == name)


def only_problem(folder: Path, *words: str) -> None:
    """Fail unless the folder has exactly one problem, and it says these words."""
    problems = check_catalogue(folder)
    assert len(problems) == 1, problems
    assert all(word in problems[0] for word in words), problems[0]


def problems_with(*events: type) -> str:
    """Return the problems of the true folder when these events stand in the catalogue too."""
    return "\n".join(check_catalogue(SCHEMAS, (*every_event(), *events)))


def test_the_catalogue_has_no_problem() -> None:
    """Every event has its schema and examples, every stream its folder, and nothing is left over."""
    assert check_catalogue(SCHEMAS) == []


def test_every_reason_for_open_text_is_used() -> None:
    """No text field is excused from sealing that does not exist any more."""
    assert stale_open_text(every_event()) == []


def test_the_schemas_can_be_written_anew(copy: Path) -> None:
    """Writing the schemas brings back each file, byte by byte."""
    for path in copy.rglob("*.avsc"):
        path.unlink()
    write_schemas(copy)
    assert check_catalogue(copy) == []


def test_a_drifted_default_is_refused(copy: Path) -> None:
    """A schema file whose default is not the class's is found."""
    change(copy / "vacancy/VacancyOpened.avsc", lambda schema: field(schema, "version").update(default=2))
    only_problem(copy, "vacancy/VacancyOpened.avsc", "is not what the class says")


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(lambda schema: field(schema, "children").update(type="lots"), id="an unknown type"),
        pytest.param(lambda schema: field(schema, "referral_version").update(default="one"), id="a wrong default"),
        pytest.param(lambda schema: schema.pop("name"), id="no name"),
    ],
)
def test_an_invalid_schema_is_refused(copy: Path, edit: Callable[[Any], object]) -> None:
    """A schema file that is no valid Avro is found, its defaults included."""
    change(copy / OFFER, edit)
    only_problem(copy, OFFER, "not valid Avro")


def test_a_schema_that_is_no_json_is_refused(copy: Path) -> None:
    """A schema file cut off in the middle is found."""
    text = (copy / OFFER).read_text(encoding="utf-8")
    (copy / OFFER).write_text(text[:100], encoding="utf-8")
    only_problem(copy, OFFER, "not valid Avro")


def test_a_missing_schema_is_refused(copy: Path) -> None:
    """An event without its schema file is found."""
    (copy / OFFER).unlink()
    only_problem(copy, OFFER, "is missing")


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        pytest.param(lambda one: one.update(referral_version="1"), "referral_version: ", id="wrong type"),
        pytest.param(lambda one: one["fee_lines"][0].update(unit="month"), "fee_lines.0.unit: ", id="unknown code"),
        pytest.param(lambda one: one.pop("offer_id"), "offer_id: ", id="missing field"),
        pytest.param(lambda one: one["fee_lines"][0].pop("ends_on"), "leaves fields out", id="left-out default"),
        pytest.param(lambda one: one.update(note="x"), "note: ", id="a field too many"),
        pytest.param(
            lambda one: one["fee_lines"][0].update(amount="1.234"), "fee_lines.0.amount: ", id="three decimals"
        ),
    ],
)
def test_a_bad_example_is_refused(copy: Path, edit: Callable[[Any], object], words: str) -> None:
    """An example that its class would not take is found, with the field."""
    change(copy / ONE_OFFER, edit)
    only_problem(copy, ONE_OFFER, words)


def test_an_example_that_is_no_json_is_refused(copy: Path) -> None:
    """An example that cannot be read is found."""
    (copy / ONE_OFFER).write_text("{", encoding="utf-8")
    only_problem(copy, ONE_OFFER, "is not JSON")


def test_an_event_without_an_example_is_refused(copy: Path) -> None:
    """An event whose examples are gone is found."""
    rmtree(copy / OFFERS)
    only_problem(copy, "referral.OfferMade", "has no example")


@pytest.mark.parametrize(
    "name",
    [
        "referral/OfferLost.avsc",
        "referral/examples/OfferLost/one.json",
        "parcel/ParcelSent.avsc",
        "README",
        f"{OFFERS}/one.txt",
    ],
)
def test_an_orphan_is_refused(copy: Path, name: str) -> None:
    """A schema, example, stream or file that belongs to no event is found."""
    (copy / name).parent.mkdir(parents=True, exist_ok=True)
    (copy / name).write_text("{}", encoding="utf-8")
    assert any(problem.startswith(name) and "remove it" in problem for problem in check_catalogue(copy))


def test_a_stream_without_a_folder_is_refused(copy: Path) -> None:
    """A stream whose folder is gone is found."""
    rmtree(copy / "clock")
    assert "clock: the stream has no folder" in check_catalogue(copy)


def test_released_schemas_are_no_orphans(copy: Path) -> None:
    """The schemas of released versions stand beside the streams."""
    (copy / "released/1.0.0/referral").mkdir(parents=True)
    (copy / "released/1.0.0/referral/OfferMade.avsc").write_text("{}", encoding="utf-8")
    assert check_catalogue(copy) == []


@pytest.mark.parametrize("stream", [one.name for one in STREAMS])
def test_a_stream_without_events_is_refused(stream: str) -> None:
    """A stream of the catalogue that carries nothing is found."""
    left = [cls for cls in every_event() if vars(cls)["STREAM"] != stream]
    assert f"stream {stream}: carries no event" in check_catalogue(SCHEMAS, left)


@event
class SecondOfferMade:
    """Has the name of another event."""

    STREAM: ClassVar[str] = "referral"
    NAME: ClassVar[str] = "OfferMade"
    referral_id: ReferralId


@event
class KeyForgotten:
    """Cannot be put into its stream."""

    STREAM: ClassVar[str] = "referral"
    provider: Organisation


@event
class StreamForgotten:
    """Belongs nowhere."""

    STREAM: ClassVar[str] = "parcel"
    referral_id: ReferralId


@event
class TooOpen:
    """Says of a child what must be sealed."""

    STREAM: ClassVar[str] = "referral"
    referral_id: ReferralId
    story: str
    picture: bytes
    religion: Annotated[str | None, SENSITIVE] = None
    need: ChildNeed
    mood: Annotated[str, Code("mood")]
    late: int | None


def test_two_events_of_one_name_are_refused() -> None:
    """A name that two events of a stream share is found."""
    assert "referral.OfferMade: 2 events have this name" in problems_with(SecondOfferMade)


def test_an_event_without_its_streams_key_is_refused() -> None:
    """An event that lacks the field by which its stream is keyed is found."""
    assert "referral.KeyForgotten: has no field referral_id" in problems_with(KeyForgotten)


def test_an_event_of_no_stream_is_refused() -> None:
    """An event whose stream is not in the catalogue is found."""
    assert "StreamForgotten: names no stream of the catalogue" in problems_with(StreamForgotten)


@pytest.mark.parametrize(
    "problem",
    [
        "TooOpen.story: is open text",
        "TooOpen.picture: is open text",
        "TooOpen.religion: is tagged SENSITIVE but travels open",
        "TooOpen: holds ChildNeed in the open",
        "TooOpen: holds FamilyTime in the open",
        "TooOpen.mood: names code list mood, which does not exist",
        "TooOpen.late: may be absent but has no default",
    ],
)
def test_what_must_be_sealed_is_not_said_openly(problem: str) -> None:
    """Open text, a tagged open field, a sealed document in the open and a code list that is none are found."""
    assert problem in problems_with(TooOpen)
