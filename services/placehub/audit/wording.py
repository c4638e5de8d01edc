"""Findings in short words, for whoever reads an explanation."""

from __future__ import annotations

from collections.abc import Sequence

from placehub.contracts.parts import Finding


def said(findings: Sequence[Finding]) -> str:
    """Return findings in words: those that fit only named, the others with what they rest on."""
    fits = [one.criterion for one in findings if one.verdict == "fits"]
    others = [_one(one) for one in findings if one.verdict != "fits"]
    return "; ".join(others + ([f"fits: {', '.join(fits)}"] if fits else []))


def rule_words(rule: str | None) -> str:
    """Return the first rule that removed a home, in words."""
    return f"out: {rule}" if rule else "fits"


def _one(finding: Finding) -> str:
    rests = ", ".join(f"{name} {value}" for name, value in finding.facts.items() if name != "ask")
    asked = f" the {finding.facts['ask']}" if finding.verdict == "ask" and "ask" in finding.facts else ""
    return f"{finding.criterion}: {finding.verdict}{asked}" + (f" ({rests})" if rests else "")
