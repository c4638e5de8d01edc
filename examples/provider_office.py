"""A provider's office: posts its homes from the lists it keeps, takes each invitation and answers it.

Put a list of homes (the template of `placehub-connect vacancies template`) into the folder, whenever something in it
has changed. Everybody in it is made up. Run it beside `make up`: see docs/subscribing.md.

python examples/provider_office.py .placehub/credentials/SC012345.json homes
"""

import asyncio
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from placehub.mailboxes.access import Access
from placehub_connectors.subscriber import AsyncProvider, Invitation
from placehub_connectors.vacancies.lists import take_lists

Now = Callable[[], datetime]


async def purge(referral_id: UUID) -> None:
    """Delete what this office holds of a case; here it holds nothing."""
    print(f"{referral_id}: purged")


async def answer(office: AsyncProvider, invitation: Invitation) -> None:
    """Ask the carer of the best home, and say what is known."""
    ages = [need.age_years for need in invitation.needs.values()]
    print(f"{invitation.referral_id}: {invitation.band}, {len(invitation.homes)} homes, ages {ages or 'not told yet'}")
    if invitation.homes:
        await office.express_interest(invitation)


def post_homes(access: Access, folder: Path, now: Now, stopped: Callable[[], bool]) -> None:
    """Post what is new in each list; what came of every row lies beside it, in `done`."""
    for done in take_lists(folder, access, stopped, now=now):
        print(f"{done.file.name}: {done.counts}")


async def take_invitations(access: Access, memory: Path, now: Now) -> None:
    """Take invitations; one that was being answered when this died comes again."""
    async with AsyncProvider(access, memory, purge, now=now) as office:
        async for invitation in office.invitations():
            await answer(office, invitation)


async def main(credentials: Path, homes: Path, now: Now) -> None:
    """Do both until Ctrl-C, or until one of the two cannot go on."""
    access, stop = Access.load(credentials), threading.Event()
    homes.mkdir(exist_ok=True)
    try:
        async with asyncio.TaskGroup() as both:
            both.create_task(asyncio.to_thread(post_homes, access, homes, now, stop.is_set))
            both.create_task(take_invitations(access, credentials.with_suffix(".sqlite"), now))
    finally:
        stop.set()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]), lambda: datetime.now(UTC)))
