"""A relay before each server: it passes bytes on, late, not at all, or breaks every connection off, as it is told."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from typing import Any, Final, Self

from placehub.embedded.ports import LOOPBACK

PIECE_BYTES: Final = 1 << 16
START_SECONDS: Final = 10.0


class Relay:
    """Stands before one server; all of it runs on the loop of `Relays`."""

    def __init__(self, front: int, behind: int) -> None:
        self._front, self._behind = front, behind
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._late = 0.0
        self._passing = asyncio.Event()

    async def listen(self) -> None:
        """Accept connections, from now on or again."""
        if self._server is None:
            self._passing.set()
            self._server = await asyncio.start_server(self._serve, LOOPBACK, self._front)

    async def refuse(self) -> None:
        """Accept no connection any more, and break off those there are."""
        if self._server is not None:
            self._server.close()
            self._server = None
        await self.cut()

    async def cut(self) -> None:
        """Break off every connection at once."""
        for one in list(self._open):
            one.transport.abort()

    async def be_late(self, seconds: float) -> None:
        """Pass each piece on so much later."""
        self._late = seconds

    async def be_silent(self, silent: bool) -> None:
        """Pass nothing on, and tell nobody; or go on with what was held back."""
        if silent:
            self._passing.clear()
        else:
            self._passing.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            onward = await asyncio.open_connection(LOOPBACK, self._behind)
        except OSError:  # the server is away: who asked is told just that
            writer.transport.abort()
            return
        both = {writer, onward[1]}
        self._open |= both
        ways = [asyncio.ensure_future(self._pass(*way)) for way in ((reader, onward[1]), (onward[0], writer))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in ways:
                one.cancel()
            self._open -= both
            for end in both:
                end.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while piece := await reader.read(PIECE_BYTES):
                if self._late:
                    await asyncio.sleep(self._late)
                await self._passing.wait()
                writer.write(piece)
                await writer.drain()


class Relays:
    """The relays before a hub's servers, on a thread of their own."""

    def __init__(self, fronts: Mapping[str, int], behind: Mapping[str, int]) -> None:
        """Port that a relay listens on, and that of its server, both by the server's name."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="relays", daemon=True)
        self._relays = {name: Relay(port, behind[name]) for name, port in fronts.items()}

    def __enter__(self) -> Self:
        self._thread.start()
        for one in self._relays.values():
            self._do(one.listen())
        return self

    def __exit__(self, *_: object) -> None:
        for one in self._relays.values():
            self._do(one.refuse())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(START_SECONDS)

    def refuse(self, server: str) -> None:
        """Let a server be away for everybody until `mend`."""
        self._do(self._relays[server].refuse())

    def cut(self, server: str) -> None:
        """Break off every connection to a server."""
        self._do(self._relays[server].cut())

    def slow(self, server: str, seconds: float) -> None:
        """Let every piece to and from a server be so much late, until `mend`."""
        self._do(self._relays[server].be_late(seconds))

    def silence(self, server: str) -> None:
        """Let nothing pass to or from a server until `mend`."""
        self._do(self._relays[server].be_silent(True))

    def mend(self, server: str) -> None:
        """Let everything pass again."""
        one = self._relays[server]
        self._do(one.be_late(0))
        self._do(one.be_silent(False))
        self._do(one.listen())

    def _do(self, act: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(act, self._loop).result(START_SECONDS)
