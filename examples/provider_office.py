"""A provider's office: takes each invitation and answers it. Run it beside `make up`: see docs/subscribing.md.

python examples/provider_office.py .placehub/credentials/SC012345.json
"""

import asyncio
import sys
from pathlib import Path
from uuid import UUID

from placehub.mailboxes.access import Access
from placehub_connectors.subscriber import AsyncProvider, Invitation


async def purge(referral_id: UUID) -> None:
    """Delete what this office holds of a case; here it holds nothing."""
    print(f"{referral_id}: purged")


async def answer(office: AsyncProvider, invitation: Invitation) -> None:
    """Ask the carer of the best home, and say what is known."""
    ages = [need.age_years for need in invitation.needs.values()]
    print(f"{invitation.referral_id}: {invitation.band}, {len(invitation.homes)} homes, ages {ages or 'not told yet'}")
    if invitation.homes:
        await office.express_interest(invitation)


async def main(credentials: Path) -> None:
    """Take invitations until Ctrl-C; one that was being answered when this died comes again."""
    async with AsyncProvider(Access.load(credentials), credentials.with_suffix(".sqlite"), purge) as office:
        async for invitation in office.invitations():
            await answer(office, invitation)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
