"""How far consumer groups have read, kept so that no organisation reads its inbox twice."""

from __future__ import annotations

from collections.abc import Mapping

from kafka import KafkaAdminClient, TopicPartition
from kafka.errors import KafkaError, NoError
from kafka.structs import OffsetAndMetadata
from tenacity import retry, retry_if_exception, stop_after_attempt, wait_fixed

Groups = dict[str, dict[str, dict[int, int]]]
"""Group -> topic -> partition -> the offset it reads next."""


def _comes_yet(error: BaseException) -> bool:
    return isinstance(error, KafkaError) and bool(error.retriable)


def read_groups(admin: KafkaAdminClient) -> Groups:
    """Return how far every group has come."""
    names = sorted(one["group_id"] for one in admin.list_groups(types_filter=["consumer", "classic"]))
    found: Groups = {}
    for group, places in (admin.list_group_offsets(names) if names else {}).items():
        for place, at in places.items():
            if at.offset >= 0:
                found.setdefault(group, {}).setdefault(place.topic, {})[place.partition] = at.offset
    return found


def set_groups(admin: KafkaAdminClient, groups: Groups, ends: Mapping[TopicPartition, int]) -> None:
    """Let every group go on where it was, or at the end where that is before."""
    for group, topics in sorted(groups.items()):
        wanted = {
            TopicPartition(topic, number): OffsetAndMetadata(min(at, ends[TopicPartition(topic, number)]), "", -1)
            for topic, numbers in topics.items()
            for number, at in numbers.items()
            if TopicPartition(topic, number) in ends
        }
        if wanted:
            _set(admin, group, wanted)


# a broker that is new makes its topic of groups at the first question, and has no coordinator until then
@retry(retry=retry_if_exception(_comes_yet), stop=stop_after_attempt(60), wait=wait_fixed(0.5), reraise=True)
def _set(admin: KafkaAdminClient, group: str, wanted: dict[TopicPartition, OffsetAndMetadata]) -> None:
    refused = [error for error in admin.alter_group_offsets(group, wanted).values() if error is not NoError]
    if refused:
        raise refused[0]
