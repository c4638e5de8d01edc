"""Which skills of a household present risks, disabilities and kinds of placement ask for: a published table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Asks:
    """What one code asks for: any one of the skills is enough."""

    code_list: str
    code: str
    skills: tuple[str, ...]
    reason: str


_CALM: Final = ("therapeutic parenting", "trauma-informed care")

SKILLS: Final = (
    Asks("risk", "riskSelfHarm", ("self-harm",), "The carer must know what to watch for and when to call for help."),
    Asks("risk", "riskSexualExploitation", ("sexual exploitation",), "Grooming is seen early only by who knows it."),
    Asks("risk", "riskCriminalExploitation", ("criminal exploitation",), "The same, of county lines and debt."),
    Asks("risk", "riskToOthersCriminal", ("criminal exploitation",), "A child who draws others in was drawn in."),
    Asks("risk", "riskToOthersSexual", ("harmful sexual behaviour",), "Others at home are kept safe by a plan."),
    Asks("risk", "riskToOthersPhysical", _CALM, "Behaviour problems go with instability most (r = .35, Konijn 2019)."),
    Asks("disability", "AUT", ("autism",), "Autism or Asperger syndrome."),
    Asks("disability", "BEH", _CALM, "Behaviour problems go with instability most (r = .35, Konijn 2019)."),
    Asks("disability", "CON", ("epilepsy",), "Consciousness: seizures are the usual cause."),
    Asks("disability", "MOB", ("moving and handling",), "Lifting a child takes training."),
    Asks("disability", "PC", ("moving and handling",), "Personal care takes the same training."),
    Asks("placement_kind", "parent and child", ("parent and child assessment",), "The carer observes and reports."),
    Asks("placement_kind", "remand", ("remand",), "The court's conditions are the carer's to keep."),
    Asks("placement_kind", "UASC", ("UASC",), "Asylum, age assessment and a language that is not shared."),
)
"""Communication needs are not here: they are a criterion of their own."""

_BY_CODE: Final = {(one.code_list, one.code): frozenset(one.skills) for one in SKILLS}


def asked_for(code_list: str, codes: Iterable[str]) -> frozenset[frozenset[str]]:
    """Return, for each of the codes that asks for a skill, the skills of which one is enough."""
    return frozenset(_BY_CODE[code_list, code] for code in codes if (code_list, code) in _BY_CODE)
