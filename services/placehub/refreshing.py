"""A repair of kafka-python: its clients must go on asking which broker leads what, however a connection ended.

kafka-python 3.0.12 asks in a loop that goes on after any error of its own, but ends for good after the system's
`ConnectionResetError`, which a broker that is killed sends. The client then reads and writes at brokers that lead
nothing any more, and says nothing but that it cannot reach them. The loop ends as well when it waits for a question
that somebody else has put, and that one fails; it begins anew here.
"""

from __future__ import annotations

from typing import Any, Final

from kafka.cluster import ClusterMetadata
from kafka.errors import KafkaConnectionError, KafkaError

_ASK: Final = ClusterMetadata._do_refresh_metadata
_LOOP: Final = ClusterMetadata._refresh_loop


async def _ask(cluster: Any, node_id: Any) -> None:
    try:
        await _ASK(cluster, node_id)
    except OSError as error:
        raise KafkaConnectionError(str(error)) from error


async def _loop(cluster: Any) -> None:
    while not cluster.closed:
        try:
            await _LOOP(cluster)
        except KafkaError:
            await cluster._manager._net.sleep(cluster.refresh_backoff() / 1000)


def keep_refreshing() -> None:
    """Repair every client of this process, those that are open too; harmless twice."""
    ClusterMetadata._do_refresh_metadata = _ask
    ClusterMetadata._refresh_loop = _loop
