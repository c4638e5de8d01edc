"""Every error the hub raises on purpose.

The tree (a test walks it and compares)::

    HubError
    ├── Rejected        this event (or input) is set aside and its sender told; the next one goes on
    ├── Unavailable     something outside is away: the same act may be tried again
    ├── Misconfigured   stop with one plain sentence; trying again changes nothing
    ├── NotFound        what was asked for does not exist (or is not yours to see)
    ├── Conflict        it exists already, or somebody else holds it
    ├── Fenced          another worker has taken this partition; drop the work, keep nothing
    └── Overtaken       another worker has just changed what this one was deciding on; decide again
"""

from __future__ import annotations


class HubError(Exception):
    """The root: the message is one sentence for a person and says what to do next."""

    exit_code = 1


def sentence_of(error: Exception) -> str:
    """Return what an error says, still with the form it was made from where it has one."""
    return error.args[0] if error.args and isinstance(error.args[0], str) else str(error)


class Rejected(HubError):
    """An event or input that can never be accepted as it is.

    `field` names the place (`children.0.age_band`), `rule` what is required, `remedy` what to do. None of the
    three ever contains the offending value: it may be a child's data. Where facts stand in a rule or remedy it is made
    by `saying.said`, so that a page can put it into its reader's language.
    """

    def __init__(self, field: str, rule: str, remedy: str) -> None:
        super().__init__(f"{field}: {rule}. {remedy}")
        self.field = field
        self.rule = rule
        self.remedy = remedy

    def __reduce__(self) -> tuple[type[Rejected], tuple[str, str, str]]:
        """A copy in another process has the same three parts."""
        return type(self), (self.field, self.rule, self.remedy)


class Unavailable(HubError):
    """A broker, registry, database or service did not answer; the same act may be tried again.

    `server` names it where that is known: broker, database, registry or api.
    """

    def __init__(self, message: str = "", server: str = "other") -> None:
        super().__init__(message)
        self.server = server


class Misconfigured(HubError):
    """The hub cannot run as it is set up; retrying is useless until a setting changes."""

    exit_code = 2


class NotFound(HubError):
    """Nothing of that name exists, or it is not the asker's to see."""

    exit_code = 3


class Conflict(HubError):
    """The thing exists already, or is held by another process."""

    exit_code = 4


class Fenced(HubError):
    """This worker's epoch for a partition is over: its transaction was refused and nothing was kept."""


class Overtaken(HubError):
    """Another worker of the same processor has changed what a batch was decided on: nothing was kept, decide again.

    `topics` are those whose committed effects have to be published before: what follows would else stand before it.
    """

    def __init__(self, topics: frozenset[str] = frozenset()) -> None:
        super().__init__("another worker was faster; this is decided again")
        self.topics = topics
