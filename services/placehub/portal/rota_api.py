"""A provider's rota over HTTP, for programs of its own: who covers out of hours is set down once, in the portal."""

from __future__ import annotations

from fastapi import APIRouter

from placehub.errors import NotFound
from placehub.keys.service import Caller, Service
from placehub.organisations.rota import Rota
from placehub.portal.rotas import rota_of

router = APIRouter(prefix="/v1", tags=["rota"])
"""Routes that the API serves beside the key service's."""


@router.get("/rota")
def get_rota(service: Service, organisation: Caller) -> Rota:
    """Return the caller's rota: who covers, who is away, and the deputy, each by name with their address.

    404 while nobody is on it.
    """
    with service.engine.connect() as conn:
        told = rota_of(conn, organisation).by_name()
    if told is None:
        raise NotFound("Nobody is on your organisation's rota. Set it down on the portal's page Rota.")
    return told
