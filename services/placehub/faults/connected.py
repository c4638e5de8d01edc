"""A provider beside the world that is joined by connectors alone, whose processes live under the nemesis, too.

`vacancies` posts the lists of homes that are put into its folder; `webhook` hands over what comes to its inbox. Each is
kept as its operator would have it kept: who ends is started again.
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final

from placehub.embedded.supervisor import Supervisor
from placehub.errors import Unavailable
from placehub.faults.beside import join_beside
from placehub.faults.oracle import Handed
from placehub.faults.processes import Target
from placehub.faults.receiving import Receiver
from placehub.sample.world import FIRST_DAY

CODE: Final = "SAMPLE-CONNECTED"
NAMED: Final = {"vacancies": "vacancies-connector", "webhook": "webhook-connector"}
"""Its connectors, and the names under which faults are done to them."""
PROGRAM: Final = (sys.executable, "-m", "placehub.faults.dated", FIRST_DAY.isoformat())
EVERY_SECONDS: Final = 0.5
"""How often the folder is looked into."""
HOMES: Final = 10
LOOK_SECONDS: Final = 0.1
HEARD_SECONDS: Final = 300
"""How long the last delivery may take once no fault is done any more."""
FEE: Final = Decimal(100)
PENNY: Final = Decimal("0.01")
"""No two rows have the same fee: by it each is known again, whatever becomes of it."""
SECRET: Final = "whsec_" + "bWFkZSB1cCBmb3IgYSBydW4gb2YgZmF1bHRzLCBubyBzZWNyZXQ="


class Connected:
    """Hands in lists of homes, and takes what comes back; the folder `place` is its own."""

    def __init__(self, folder: Path, place: Path) -> None:
        self._folder, self._place = folder, place
        self._lists, self._memory = place / "lists", place / "webhook.sqlite"
        self._receiver = Receiver()
        self._supervisor: Supervisor | None = None
        self._begun, self._enough = threading.Event(), threading.Event()
        self._keeping = threading.Thread(target=self._keep, name="connectors", daemon=True)
        self._fees: list[Decimal] = []

    def begin(self) -> None:
        """Join, and start the connectors; call it before the first fault. Unavailable, as joining."""
        credentials = join_beside(self._folder, CODE, "Made-up and connected", "data@connected.example")
        self._lists.mkdir(parents=True)
        credentials.save(self._place / "credentials.json")
        self._keeping.start()
        self._begun.wait()

    def targets(self) -> list[Target]:
        """Return the connectors that run now."""
        services = self._supervisor.services if self._supervisor else {}
        return [Target(name, one.pid) for name, one in services.items() if one.pid and one.alive]

    def hand_in(self) -> None:
        """Put a list of its homes into the folder, in which every home says something new."""
        first = len(self._fees)
        fees = [FEE + (first + nth) * PENNY for nth in range(HOMES)]
        self._fees += fees
        part = self._lists / ".next.part"
        with part.open("w", newline="") as file:
            writer = csv.DictWriter(file, _row(0, FEE))
            writer.writeheader()
            writer.writerows(_row(*both) for both in enumerate(fees))
        part.rename(self._lists / f"list-{first:06}.csv")

    @property
    def heard(self) -> bool:
        """Whether the receipt of all that was handed in has come back."""
        return set(self._fees) <= {fee for one in list(self._receiver.taken) if (fee := one.fee) is not None}

    def end(self) -> Handed:
        """Wait until everything is handed over, end the connectors, and return what there was to see of it.

        Unavailable when it is not handed over in time.
        """
        deadline = time.monotonic() + HEARD_SECONDS
        while not (self.heard and self._waiting() == 0):
            if time.monotonic() > deadline:
                raise Unavailable(f"{CODE} was not handed over everything in {HEARD_SECONDS} s: see {self._place}")
            time.sleep(LOOK_SECONDS)
        self.stop()
        return Handed(CODE, tuple(self._fees), tuple(self._receiver.taken))

    def stop(self) -> None:
        """End the connectors, and listen no more; harmless twice."""
        self._enough.set()
        if self._keeping.is_alive():
            self._keeping.join()
        self._receiver.close()

    def _keep(self) -> None:
        """Keep the connectors running; they end with the thread that started them, so it lives as long."""
        where = ["--credentials", str(self._place / "credentials.json")]
        words = {
            "vacancies": [str(self._lists), "--watch", "--every", str(EVERY_SECONDS)],
            "webhook": ["--url", self._receiver.url, "--memory", str(self._memory), "--allow-private"],
        }
        commands = {NAMED[name]: [*PROGRAM, name, "run", *own, *where] for name, own in words.items()}
        secrets = {NAMED["webhook"]: {"PLACEHUB_WEBHOOK_SECRET": SECRET}}
        self._supervisor = Supervisor(commands, {}, self._place, secrets=secrets)
        self._supervisor.start()
        self._begun.set()
        while not self._enough.wait(LOOK_SECONDS):
            self._supervisor.look()
        self._supervisor.stop()

    def _waiting(self) -> int:
        """Return how many deliveries the webhook has still to make."""
        command = [*PROGRAM, "webhook", "status", "--memory", str(self._memory), "--json"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - ours
        counts = json.loads(done.stdout)
        return int(counts["waiting"] + counts["dead"])


@contextmanager
def connected(folder: Path) -> Iterator[Connected]:
    """Yield what can be joined to the hub of a folder, with a folder of its own beside that one; end its connectors."""
    one = Connected(folder, folder.with_name(f"{folder.name}-connected"))
    try:
        yield one
    finally:
        one.stop()


def _row(home: int, fee: Decimal) -> dict[str, object]:
    return {
        "Our reference": f"H-{home}",
        "Household": f"Made-up household {home}",
        "Postcode": "LS6 2AB",
        "State": "now",
        "Places": 1,
        "Free from": FIRST_DAY.date(),
        "Carer's word holds until": FIRST_DAY.date() + timedelta(days=28),
        "Kinds": "short term",
        "Youngest age": 0,
        "Oldest age": 17,
        "Boys or girls": "either",
        "Weekly fee": fee,
    }
