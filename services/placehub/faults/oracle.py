"""What a run left on the broker, judged by rules of this file's own.

What is judged is the published contract alone: topics, headers and the events' fields. None of the hub's own code takes
part, so that no fault of the hub's can hide itself.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from placehub.faults.foreign import Seen

STREAMS: Final = ("referral", "vacancy", "placement", "agreement", "organisation")


@dataclass
class Left:
    """What a run left, sorted for judging; repeats of the transport are dropped as the contract says."""

    topics: dict[str, list[Seen]]

    def __post_init__(self) -> None:
        self.stream = {name: list(_first(self.topics.get(name, []))) for name in STREAMS}
        self.inbox = {name[6:]: list(_first(some)) for name, some in self.topics.items() if name.startswith("inbox.")}
        self.posted = {one.id: one for name, some in self.topics.items() if name.startswith("outbox.") for one in some}
        self.refused = [one for one in self.topics.get("deadletter", []) if "ce_id" in one.headers]

    def of(self, stream: str, name: str) -> list[dict[str, Any]]:
        """Return the events of that name, in the order of their partitions."""
        return [one.event for one in self.stream[stream] if one.name == name and one.event is not None]


def _first(records: list[Seen]) -> Iterator[Seen]:
    passed: dict[tuple[str, str], int] = {}
    for one in records:
        place = one.headers["ce_source"], one.headers["ce_subject"]
        number = int(one.headers["ce_sequence"])
        if number > passed.get(place, 0):
            passed[place] = number
            yield one


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: `lost`, `twice`, out of `order`, told to somebody else (`tenancy`) or `wrong`."""

    kind: str
    says: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.says}"


Findings = Iterator[Finding]


def sequences_whole(left: Left) -> Findings:
    """In every stream and inbox each (source, subject) counts 1, 2, 3 ..., and no event has two numbers."""
    for topic, some in left.topics.items():
        if topic not in STREAMS and not topic.startswith("inbox."):
            continue
        numbers: dict[tuple[str, str], list[int]] = defaultdict(list)
        ids: dict[tuple[str, str, int], str] = {}
        given: dict[tuple[str, str], int] = {}
        for one in some:
            source, subject, number = (
                one.headers["ce_source"],
                one.headers["ce_subject"],
                int(one.headers["ce_sequence"]),
            )
            if ids.setdefault((source, subject, number), one.headers["ce_id"]) != one.headers["ce_id"]:
                yield Finding("order", f"{topic}: number {number} of {source} {subject} was given to two events")
            if given.setdefault(one.id, number) != number:
                yield Finding("twice", f"{topic}: {one.name} {one.headers['ce_id']} was taken twice")
            if number > (numbers[source, subject][-1] if numbers[source, subject] else 0):
                numbers[source, subject].append(number)
        for place, found in numbers.items():
            if found != list(range(1, len(found) + 1)):
                yield Finding("lost", f"{topic}: {place} has a gap")


def posted_is_taken(left: Left) -> Findings:
    """Whatever stands in an outbox is in a stream or among the dead letters."""
    taken = {one.id for some in left.stream.values() for one in some}
    refused = {one.headers["ce_id"] for one in left.refused}
    for (source, number), one in left.posted.items():
        if (source, number) not in taken and number not in refused:
            yield Finding("lost", f"{one.name} {number} of {source} was lost")


def taken_is_posted(left: Left) -> Findings:
    """Whatever a stream has from an organisation stands in its outbox (what the register writes is the hub's own)."""
    for some in left.stream.values():
        for one in some:
            if one.by_organisation and one.id not in left.posted:
                yield Finding("wrong", f"{one.name} {one.id} was never posted")


def one_search_a_case(left: Left) -> Findings:
    """Each case that was begun has one search, and each provider at most one invitation in it."""
    begun = {
        event["referral_id"] for name in ("EarlyNoticeGiven", "ReferralMade") for event in left.of("referral", name)
    }
    searches = Counter(event["referral_id"] for event in left.of("referral", "SearchStarted"))
    for case in begun | set(searches):
        if searches[case] != 1 or case not in begun:
            yield Finding("wrong", f"case {case} has {searches[case]} searches")
    invited = Counter((event["referral_id"], event["provider"]) for event in left.of("referral", "ProviderInvited"))
    for pair, times in invited.items():
        if times > 1:
            yield Finding("twice", f"{pair} was invited {times} times")


def delivered(left: Left) -> Findings:
    """Every sender has its receipt, every invited provider its invitation, every refused event its answer; once."""
    inbox = {code: Counter(one.id for one in some) for code, some in left.inbox.items()}
    for some in left.stream.values():
        for one in some:
            code = one.headers["ce_source"].rpartition("/")[2]
            if one.by_organisation:
                yield from _once(inbox[code][one.id], f"receipt of {code} for {one.name} {one.id}")
            if one.name in {"ProviderInvited", "InvitationClosed"} and one.event is not None:
                provider = one.event["provider"]
                yield from _once(inbox[provider][one.id], f"{one.name} of {provider}")
    answered = Counter(
        str(one.event["rejected_id"]) if one.event else ""
        for some in left.inbox.values()
        for one in some
        if one.name == "EventRejected"
    )
    for one in left.refused:
        yield from _once(answered[one.headers["ce_id"]], f"answer to the refused {one.headers['ce_id']}")


def _once(times: int, what: str) -> Findings:
    if times != 1:
        yield Finding("twice" if times else "lost", f"{what}: {times} times")


def selections_answered(left: Left) -> Findings:
    """Each selection ends in one reservation or one refusal."""
    selected = Counter(event["offer_id"] for event in left.of("referral", "OfferSelected"))
    reserved = Counter(event["offer_id"] for event in left.of("vacancy", "VacancyReserved"))
    refused = Counter(event["offer_id"] for event in left.of("referral", "SelectionRefused"))
    for offer in selected | reserved | refused:
        if selected[offer] != reserved[offer] + refused[offer]:
            yield Finding(
                "wrong",
                f"offer {offer}: {selected[offer]} selected, {reserved[offer]} reserved, {refused[offer]} refused",
            )


def places_kept(left: Left) -> Findings:
    """No home ever has more places held than it said it has."""
    places: dict[Any, int] = {}
    held: dict[Any, dict[Any, int]] = defaultdict(dict)
    for one in left.stream["vacancy"]:
        event = one.event or {}
        home = event.get("vacancy_id")
        match one.name:
            case "VacancyOpened" | "VacancyRevised":
                places[home] = event["home"]["places"]
                held[home].clear()  # what the provider says anew counts those who have moved in
            case "VacancyReserved":
                held[home][event["offer_id"]] = len(event["placements"])
                if sum(held[home].values()) > places.get(home, 0):
                    yield Finding(
                        "wrong", f"vacancy {home} has {sum(held[home].values())} places held of {places.get(home, 0)}"
                    )
            case "VacancyReleased":
                held[home].pop(event["offer_id"], None)


def nobody_elses(left: Left) -> Findings:
    """An inbox holds of a case only what its authority and those it invited may see: never another provider's."""
    authority = {
        (one.event or {}).get("referral_id"): _sender(one)
        for one in left.stream["referral"]
        if one.name in {"EarlyNoticeGiven", "ReferralMade"}
    }
    providers = {(one.event or {}).get("provider") for one in left.stream["vacancy"] if one.by_organisation}
    invited = {(event["referral_id"], event["provider"]) for event in left.of("referral", "ProviderInvited")}
    announced = {
        (one.id, provider)
        for one in left.stream["referral"]
        if one.name == "SearchAnnounced"
        for provider in (one.event or {}).get("providers", ())
    }
    for owner, some in left.inbox.items():
        for one in some:
            if (one.id, owner) in announced:  # the last step before no home is found: every party is told, by bands
                continue
            case, about = (one.event or {}).get("referral_id"), (one.event or {}).get("provider")
            if case not in authority or authority[case] == owner or one.name == "EventRejected":
                continue
            told = _sender(one) if one.by_organisation else about
            if (case, owner) not in invited or (told in providers and told != owner):
                yield Finding("tenancy", f"{owner} was told {one.name} {one.id} of case {case}")


def _sender(one: Seen) -> str:
    return one.headers["ce_source"].rpartition("/")[2]


CHECKS: Final[tuple[Callable[[Left], Findings], ...]] = (
    sequences_whole,
    posted_is_taken,
    taken_is_posted,
    one_search_a_case,
    delivered,
    selections_answered,
    places_kept,
    nobody_elses,
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery as an organisation's own system was made it."""

    id: str
    subject: str
    said: dict[str, Any]
    """What the body says."""

    @property
    def fee(self) -> Decimal | None:
        """The weekly fee of the home it tells of, if it does."""
        fee = (self.said["data"].get("home") or {}).get("weekly_fee")
        return None if fee is None else Decimal(str(fee))


@dataclass(frozen=True, slots=True)
class Handed:
    """What an organisation that is joined by connectors handed in, and what its own system was then made."""

    organisation: str
    rows: tuple[Decimal, ...]
    """The weekly fee of each row of its lists; no two have the same."""
    deliveries: tuple[Delivery, ...]
    """All of them, in the order in which they came."""


def rows_posted(left: Left, handed: Handed) -> Findings:
    """Each row handed in became one event, and that was taken once or refused; nothing else was posted."""
    source = f"/organisations/{handed.organisation}"
    posted: dict[Any, set[str]] = defaultdict(set)
    for (sender, number), one in left.posted.items():
        if sender == source:
            posted[((one.event or {}).get("home") or {}).get("weekly_fee")].add(number)
    ended = Counter(one.id[1] for one in left.stream["vacancy"] if one.id[0] == source)
    ended += Counter({one.headers["ce_id"] for one in left.refused if one.headers["ce_source"] == source})
    for fee in handed.rows:
        yield from _once(len(posted[fee]), f"event of {handed.organisation} for the row with {fee}")
        for number in posted[fee]:
            yield from _once(ended[number], f"end of {number}, the row with {fee} of {handed.organisation}")
    for fee in set(posted) - set(handed.rows):
        yield Finding("wrong", f"{handed.organisation} posted {sorted(posted[fee])}, which is no row of a list")


def handed_over(left: Left, handed: Handed) -> Findings:
    """Its system was made a delivery of all in its inbox and of nothing else, of each subject in order.

    A repeat has the id and says what the first said.
    """
    inbox = {one.headers["ce_id"]: at for at, one in enumerate(left.inbox[handed.organisation])}
    first: dict[str, Delivery] = {}
    reached: dict[str, int] = {}
    for one in handed.deliveries:
        if one.id in first:
            if one.said != first[one.id].said:
                yield Finding("wrong", f"{handed.organisation} was delivered {one.id} with two texts")
            continue
        first[one.id] = one
        if one.id not in inbox:
            yield Finding("tenancy", f"{handed.organisation} was delivered {one.id}, which is not in its inbox")
        elif inbox[one.id] < reached.get(one.subject, 0):
            yield Finding("order", f"{handed.organisation} was delivered {one.id} after a later one of {one.subject}")
        reached[one.subject] = max(inbox.get(one.id, 0), reached.get(one.subject, 0))
    for number in set(inbox) - set(first):
        yield Finding("lost", f"{handed.organisation} was never delivered {number}")


def judge(topics: dict[str, list[Seen]], handed: Handed | None = None) -> list[Finding]:
    """Return everything that is wrong with what a run left; nothing when it is right."""
    left = Left(topics)
    found = [finding for check in CHECKS for finding in check(left)]
    return found if handed is None else [*found, *rows_posted(left, handed), *handed_over(left, handed)]
