"""Fit in plain English: one sentence for each finding, one clause for each rule that kept a home out. Pure.

The one place for these words: whatever tells people of a fit takes them from here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from string import Formatter
from typing import Final

from placehub.contracts.parts import Finding, HomeFit
from placehub.saying import Said, begun, said


def sentence(finding: Finding) -> Said:
    """Return a finding as one sentence that a carer understands."""
    facts = finding.facts
    key = finding.verdict if finding.verdict != "ask" else f"ask {facts.get('ask', 'carer')}"
    words = WORDS.get(finding.criterion, {}).get(key)
    if words is None:
        return said(UNKNOWN, criterion=finding.criterion.capitalize(), verdict=finding.verdict)
    return said(begun(words), **dict.fromkeys(_FACTS, NOT_TOLD) | dict(facts))


def forms() -> frozenset[str]:
    """Return the form of every sentence that `sentence` can return."""
    return frozenset((UNKNOWN, *(begun(text) for words in WORDS.values() for text in words.values())))


def sentences(fit: HomeFit) -> tuple[str, ...]:
    """Return a home's fit in words: what it comes to, then a sentence for each finding in its order."""
    how_far = "at an unknown distance" if fit.distance_miles is None else f"{fit.distance_miles:.1f} miles away"
    met = f"meets {fit.need / 10:.0f}% of the weighted needs"
    return (f"This home {in_band(fit.band)}, {how_far}, {met}.", *map(sentence, fit.findings))


def in_order(findings: Iterable[Finding]) -> tuple[str, ...]:
    """Return findings as sentences, those that fit after all others."""
    return tuple(sentence(one) for one in sorted(findings, key=lambda one: one.verdict == "fits"))


def in_band(band: str) -> str:
    """Return what a home of that band does, to be read after `the home`."""
    return BANDS.get(band, band)


def because(rule: str) -> str:
    """Return what kept a home, or a provider, out of a search, to be read after `because`."""
    return REASONS.get(rule, rule)


NOT_TOLD: Final = "not told"
UNKNOWN: Final = "{criterion}: {verdict}."
"""What is said of a finding that there are no words for."""
BANDS: Final = {
    "fits": "fits",
    "fits with named support": "fits with named support",
    "stretch": "would be stretched",
}

REASONS: Final[Mapping[str, str]] = {
    "state": "the home has no place now",
    "distance": "the home is too far away",
    "agreement": "the provider is not under the agreement",
    "kind": "the home does not take this kind of placement",
    "available by": "the place is free too late",
    "places": "the home has too few places",
    "siblings": "the home cannot take the brothers and sisters together",
    "age": "the age is far outside the home's approval",
    "sex": "the home is approved for the other sex",
    "adaptation": "an adapted home is needed, and this one is not",
    "risks": "there is a risk the household cannot take",
    "avoid area": "the home is in an area to keep away from",
    "pets": "the pets at home are not as the child needs",
    "living companions": "the children at home are not as recommended",
    "ended early here": "a placement there ended early, and the authority has not said to ask again",
    "paused": "the home is paused",
    "no place left": "every place of the home is taken",
    "no open vacancy": "the provider has no open vacancy",
    "came after those that fitted better": "others fitted better",
}
"""What may keep a home or a provider out -> what is said of it."""

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "state": {
        "fits": "a place is open.",
        "ask carer": "the carer must be asked first.",
        "does not fit": "there is no place now.",
    },
    "distance": {
        "fits": "the home is within {within_miles} miles.",
        "ask authority": "please tell where the home should be near to.",
        "ask carer": "where is the home?",
        "does not fit": "the home is further than {within_miles} miles.",
    },
    "agreement": {
        "fits": "the provider may be searched under the agreement.",
        "does not fit": "the provider is not under the agreement.",
    },
    "kind": {
        "fits": "the home takes this kind of placement: {kind}.",
        "ask authority": "which kind of placement is wanted?",
        "ask carer": "does the home take this kind of placement: {kind}?",
        "does not fit": "the home does not take this kind of placement: {kind}.",
    },
    "available by": {
        "fits": "the place is free in time, from {available_from}.",
        "ask authority": "the place is free from {available_from}: can the start wait?",
        "does not fit": "the place is free too late, from {available_from}.",
    },
    "places": {
        "fits": "there are enough places: {places}, and {needed} needed.",
        "does not fit": "there are too few places: {places}, and {needed} needed.",
    },
    "siblings": {
        "fits": "those who belong together can stay together.",
        "ask authority": "should the brothers and sisters stay together?",
        "ask carer": "how many brothers and sisters can the home take together?",
        "does not fit": "the home cannot take {needed} brothers and sisters together.",
    },
    "age": {
        "fits": "the age is within the home's approval ({approved}).",
        "ask authority": "how old exactly? The home is approved for {approved}.",
        "needs variation": "the age is outside the home's approval ({approved}): its terms must be varied.",
        "does not fit": "the age is far outside the home's approval ({approved}).",
    },
    "sex": {
        "fits": "the home is approved for the child's sex.",
        "ask authority": "boy or girl? The home is approved for one only.",
        "ask carer": "which sex is the home approved for?",
        "does not fit": "the home is approved for the other sex.",
    },
    "adaptation": {
        "fits": "the home is adapted as far as is needed.",
        "ask authority": "does the child need an adapted home?",
        "ask carer": "is the home adapted?",
        "does not fit": "an adapted home is needed, and this one is not.",
    },
    "risks": {
        "fits": "the household can take what is known of the risks.",
        "ask authority": "please say more of these risks, which the household may not be able to take: {excluded}.",
        "does not fit": "there is a risk the household cannot take.",
    },
    "avoid area": {
        "fits": "the home is not in an area to keep away from.",
        "ask authority": "are there areas to keep away from?",
        "ask carer": "in which area is the home?",
        "does not fit": "the home is in an area to keep away from.",
    },
    "pets": {
        "fits": "the pets at home are as the child needs.",
        "ask authority": "may there be pets, or must there be?",
        "ask carer": "are there pets at home?",
        "does not fit": "the pets at home are not as the child needs.",
    },
    "living companions": {
        "fits": "the children at home are as recommended.",
        "ask authority": "which children may live there too?",
        "ask carer": "who lives at home, and how old are they?",
        "needs support": "other children are recommended, and there are none: contact with others needs planning.",
        "does not fit": "the children at home are not as recommended.",
    },
    "usual limit": {
        "fits": "the usual limit of {usual_limit} foster children is kept.",
        "ask carer": "how many foster children are there now? The usual limit is {usual_limit}.",
        "needs variation": "it would be more than the usual {usual_limit} foster children: an exemption is needed.",
    },
    "terms of approval": {
        "fits": "it is within the number of places the home is approved for.",
        "ask carer": "for how many children is the home approved, and how many are there?",
        "needs variation": "it is more than the home is approved for: its terms must be varied.",
    },
    "freshness": {
        "fits": "the carer has said they are willing, until {willing_until}.",
        "ask carer": "the carer's word ran out on {willing_until}: are they still willing?",
    },
    "communication": {
        "fits": "the home can communicate as the child needs.",
        "ask authority": "how does the child communicate?",
        "ask carer": "does the home have the signing or the language that is needed?",
        "needs support": "signing or the child's language needs support: {needs}.",
    },
    "identity": {
        "fits": "the home meets what is known of the child's identity: language, faith and ethnicity.",
        "ask authority": "what matters to the child's identity: language, faith, ethnicity?",
        "ask carer": "which languages, faiths and ethnicities live in the home?",
        "needs support": "language, faith or ethnicity is not shared at home: it needs named support.",
    },
    "skills": {
        "fits": "the home has the skills that are asked for: {asked}.",
        "ask authority": "are there disabilities or health needs that ask for skills?",
        "ask carer": "does the home have the skills that are asked for: {asked}?",
        "needs support": "a skill is missing and needs support or training (of what is told openly: {missing}).",
    },
    "school distance": {
        "fits": "the school can be reached, or need not be kept.",
        "ask authority": "which school, and must it be kept?",
        "ask carer": "how far can the home drive to school?",
        "lesser fit": "the school that must be kept is further than the home drives.",
    },
    "family time distance": {
        "fits": "the family can be seen within {within_miles} miles.",
        "ask authority": "where is the family seen?",
        "ask carer": "where is the home?",
        "lesser fit": "the family is seen further away than {within_miles} miles.",
    },
    "stability": {
        "fits": "children live there now: {children_placed}.",
        "not known": "nothing is known yet of how children stay there.",
    },
    "out of area": {
        "fits": "approval for a placement outside the authority's area: {approval}.",
    },
    "ended early here": {
        "fits": "a placement there ended early, and the authority has said to ask again.",
        "does not fit": "a placement there ended early: it is not asked again unless the authority says so.",
    },
    "for": {
        "fits": "the home fits these children, who are looked for apart: {children}.",
    },
}
"""Criterion -> verdict (a question with who is asked) -> the sentence, with the finding's facts in it."""

_FACTS: Final = frozenset(
    name for words in WORDS.values() for text in words.values() for _, name, _, _ in Formatter().parse(text) if name
)
