"""A case, and a home, as FHIR R4 resources, in JSON; pure.

Only what is said openly stands in them: codes, bands, dates, pseudonyms, and an offer's fees for whoever the hub tells
them. What is sealed (the need, the identity, any words) is not here, sealed or open.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from placehub.vacancies.events import Home
from placehub_connectors.fhir.following import Asked, Case, Search
from placehub_connectors.fhir.homes import Vacancy

ORGANISATION: Final = "urn:placehub:organisation"
CHILD: Final = "urn:placehub:child"
VACANCY: Final = "urn:placehub:vacancy"
OFFER: Final = "urn:placehub:offer"
REFERRAL: Final = "urn:placehub:referral"
CAPACITY: Final = "urn:placehub:capacity"
"""System of the codes of a HealthcareService's characteristic: see `states.CAPACITY`."""
Resource = dict[str, Any]


def service_request(case: Case) -> Resource:
    """Return the search as a ServiceRequest: `plan` after an early notice alone, `order` once a referral was made."""
    search, told = case.search, case.search.told
    wanted = getattr(told, "wanted", None)
    return _without_nothing(
        {
            "resourceType": "ServiceRequest",
            "id": str(search.referral_id),
            "meta": _meta(search.version, search.changed),
            "identifier": [_identifier(REFERRAL, search.referral_id)],
            "status": search.status,
            "intent": "order" if getattr(told, "version", 0) else "plan",
            "priority": "stat" if getattr(wanted, "needed_by", None) == "Today" else "routine",
            "code": _words("A fostering home is looked for"),
            "orderDetail": [_coded("placement_kind", wanted.kind)] if wanted and wanted.kind else None,
            "subject": _subject(search),
            "occurrencePeriod": _period(wanted.planned_start, wanted.planned_end) if wanted else None,
            "authoredOn": search.authored.isoformat(),
            "requester": _organisation(told.authority) if told else None,
            "performer": [_organisation(one) for one in sorted(case.asked)],
        }
    )


def task(case: Case, asked: Asked) -> Resource:
    """Return one provider's part in the search as a Task: its invitation, and its offer where there is one."""
    told = case.search.told
    search = {"reference": f"ServiceRequest/{case.search.referral_id}"}
    return _without_nothing(
        {
            "resourceType": "Task",
            "id": str(asked.id),
            "meta": _meta(asked.version, asked.changed),
            "identifier": [_identifier(OFFER, asked.offer_id)] if asked.offer_id else None,
            "basedOn": [search],
            "status": asked.state.status,
            "statusReason": _words(asked.reason) if asked.reason else None,
            "businessStatus": _words(asked.state.business),
            "intent": "proposal" if asked.interest_only else "order",
            "focus": search,
            "for": _subject(case.search),
            "authoredOn": asked.authored.isoformat(),
            "lastModified": asked.changed.isoformat(),
            "requester": _organisation(told.authority) if told else None,
            "owner": _organisation(asked.provider),
            "restriction": {"period": {"end": asked.respond_by.isoformat()}} if asked.respond_by else None,
            "input": _inputs(asked),
            "output": [
                {
                    "type": _words(f"{line.what}, {line.unit}"),
                    "valueMoney": {"value": float(line.amount), "currency": "GBP"},
                }
                for line in asked.fee_lines
            ],
        }
    )


def healthcare_service(one: Vacancy) -> Resource:
    """Return a home of the reader's own as a HealthcareService, with what it is to whoever looks for a place."""
    home = one.home
    return _without_nothing(
        {
            "resourceType": "HealthcareService",
            "id": str(one.vacancy_id),
            "meta": _meta(one.version, one.changed),
            "identifier": [_identifier(VACANCY, one.vacancy_id)],
            "active": not (one.closed or one.in_error),
            "providedBy": _organisation(one.provider),
            "type": [_words("A foster home")],
            "specialty": [_coded("placement_kind", kind) for kind in home.kinds],
            "characteristic": [_coding(CAPACITY, one.capacity)],
            "eligibility": [{"comment": _takes(home)}],
            "communication": [_coded("language", language) for language in home.languages or ()],
            "notAvailable": _not_available(home),
        }
    )


def _takes(home: Home) -> str:
    return f"{home.places} places, ages {home.min_age} to {home.max_age}, sex: {home.sex}"


def _not_available(home: Home) -> list[Resource]:
    asked = {"description": "the carer must be asked again", "during": {"start": home.willing_until.isoformat()}}
    if home.state != "coming":
        return [asked]
    return [{"description": "a place is coming", "during": {"end": home.available_from.isoformat()}}, asked]


def _inputs(asked: Asked) -> list[Resource]:
    band = [{"type": _words("band"), "valueString": asked.band}] if asked.band else []
    return band + [{"type": _words("home"), "valueIdentifier": _identifier(VACANCY, one)} for one in asked.homes]


def _subject(search: Search) -> Resource:
    children = [one.child_id for one in search.told.children] if search.told else []
    if len(children) == 1:
        return {"type": "Patient", "identifier": _identifier(CHILD, children[0])}
    return {"type": "Group", "identifier": _identifier(REFERRAL, search.referral_id)}


def _meta(version: int, changed: datetime) -> Resource:
    return {"versionId": str(version), "lastUpdated": changed.isoformat()}


def _identifier(system: str, value: UUID | str) -> Resource:
    return {"system": system, "value": str(value)}


def _organisation(code: str) -> Resource:
    return {"type": "Organization", "identifier": _identifier(ORGANISATION, code)}


def _words(text: str) -> Resource:
    return {"text": text}


def _coded(code_list: str, code: str) -> Resource:
    return _coding(f"urn:placehub:codes:{code_list}", code)


def _coding(system: str, code: str) -> Resource:
    return {"coding": [{"system": system, "code": code}], "text": code}


def _period(start: Any, end: Any) -> Resource | None:
    found = {"start": start.isoformat() if start else None, "end": end.isoformat() if end else None}
    return _without_nothing(found) or None


def _without_nothing(resource: Resource) -> Resource:
    return {name: value for name, value in resource.items() if value not in (None, [], {})}
