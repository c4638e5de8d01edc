"""A call that cannot be read is answered in plain words: field, rule and remedy, and never the value."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from placehub.ingest.api import PostedEvents
from placehub.keys.problems import answer_with_problems


@pytest.mark.parametrize(
    ("body", "field", "rule"),
    [
        ({}, "events", "is required"),
        ({"events": []}, "events", "must have 1 or more entries"),
        ({"events": [{"type": "A", "time": "canary", "data": {}}]}, "events.0.time", "must be a date and time"),
        ({"events": [{"type": "A", "time": "2026-03-02T09:00:00", "data": {}}]}, "events.0.time", "must say its time"),
        ({"events": "canary"}, "events", "must be a list"),
    ],
)
def test_what_cannot_be_read_is_told_in_words(body: dict[str, Any], field: str, rule: str) -> None:
    """The problem names the field and goes on with the rule."""
    app = FastAPI()
    answer_with_problems(app)

    @app.post("/")
    def take(_: PostedEvents) -> None:
        """Take events."""

    told = TestClient(app).post("/", json=body)
    assert told.status_code == 422
    problem = told.json()
    assert (problem["field"], problem["detail"][: len(rule)]) == (field, rule)
    assert problem["remedy"]
    assert "canary" not in told.text
