"""What an organisation reads of the views over HTTP: its own part of one, and nothing of anybody else's."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from placehub.keys.service import Caller, Service
from placehub.monitoring.fairness import missed
from placehub.search.wording import because

router = APIRouter(prefix="/v1", tags=["views"])
"""Routes that the API serves beside the key service's, under the same credentials."""


class NotInvited(BaseModel):
    """Searches the caller was not invited to, for one reason."""

    criterion: Annotated[str, Field(description="What kept the caller's best home out, when every home was looked at")]
    because: Annotated[str, Field(description="The same in words")]
    searches: Annotated[int, Field(description="Searches under the caller's agreements to which it was never invited")]


@router.get("/not-invited")
def not_invited(service: Service, organisation: Caller) -> list[NotInvited]:
    """Tell how many searches the caller was not invited to, by which of its own facts caused it, most first.

    No case is named, and nobody else.
    """
    with service.engine.connect() as connection:
        rows = missed(connection, organisation)
    return [NotInvited(because=because(row["criterion"]), **row) for row in rows]
