"""A worker: one processor, its partitions and its world, under one lock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

from placehub.drivers.pausing import Gate
from placehub.drivers.processor import WorldProcessor
from placehub.drivers.records import Message, Partition, Record
from placehub.drivers.shell import Shell
from placehub.drivers.step import Step
from placehub.drivers.world import Offsets, World
from placehub.observing.pulse import Pulse

Batches: TypeAlias = Mapping[Partition, Sequence[Message]]


def _as_read(batches: Batches, _: Mapping[Partition, int]) -> Batches:
    return batches


class Worker:
    """Decides every pair of its own records and the world's in one order."""

    def __init__(self, shell: Shell, world: World) -> None:
        self.shell = shell
        self.world = world
        self.gate = Gate(shell.engine, shell.processor.name)
        """Shut while an operator has paused the processor."""
        self._later: set[Partition] = set()
        self.loop = Pulse("loop")
        """The driver's own loop."""
        self.of_world = shell.processor if isinstance(shell.processor, WorldProcessor) else None

    def start(self) -> None:
        """Learn the world up to now, then hear what comes."""
        self.world.load(self._learn)
        self.world.start_hearing(self._hear, self._idle, self.gate.shut, self.shell.lock)

    def assigned(self, partitions: Iterable[Partition]) -> None:
        """Take partitions: load their state, catch up with what the world did meanwhile.

        Catching up decides things, so a paused processor does so when it is resumed.
        """
        with self.shell.lock:
            self._later |= set(partitions)
            if not self.gate.shut():
                self._take_later()

    def revoked(self, partitions: Iterable[Partition]) -> None:
        """Give partitions up."""
        with self.shell.lock:
            for one in partitions:
                self._later.discard(one)
                self.shell.release(one)
                if self.of_world:
                    self.of_world.drop(one)

    def process(
        self, batches: Batches, mended: Callable[[Batches, Mapping[Partition, int]], Batches] = _as_read
    ) -> None:
        """Take in records of its own partitions; Fenced when one of them is not.

        `mended` is given the batches and the next offset to take in of each partition, and returns what to take in.
        """
        with self.shell.lock:
            self._take_later()
            self.shell.process(mended(batches, self.shell.next))

    def _take_later(self) -> None:
        for one in sorted(self._later):
            self._take(one)
            self._later.discard(one)

    def _take(self, partition: Partition) -> None:
        now_known = self.world.known()
        _, known = self.shell.take(partition, now_known)
        missed: list[Record] = []
        if self.of_world:
            missed = self.world.between(known)
        of_world = self.of_world

        def catch_up(step: Step) -> None:
            if of_world:
                of_world.react(step, missed)

        self.shell.act([partition], catch_up, now_known)
        if of_world:
            self.shell.act([partition], of_world.tick, None)

    def _learn(self, records: Sequence[Record], offsets: Offsets) -> None:
        if self.of_world:
            self.of_world.learn(records, offsets)

    def _hear(self, records: Sequence[Record], offsets: Offsets) -> None:
        with self.shell.lock:
            self._learn(records, offsets)
            held = sorted(self.shell.held)
            ticked = any(one.topic == "clock" for one in records)
            of_world = self.of_world
            if of_world is None:
                self.shell.act(held, lambda step: None, offsets)
                return
            self.shell.act(held, lambda step: of_world.react(step, records), None if ticked else offsets)
            if ticked:
                self.shell.act(held, of_world.tick, offsets)

    def _idle(self) -> None:
        with self.shell.lock:
            self._take_later()
            self.shell.sweep()
            if self.of_world is not None:  # the world is noted again: a crash of the database may have lost the note
                self.shell.act(sorted(self.shell.held), self.of_world.tick, self.world.known())
