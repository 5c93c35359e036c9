"""How the function is set up, in whatever language.

Sources: "Lambda quotas", "Configuring reserved concurrency" and "How Lambda handles errors and retries with
asynchronous invocation" in the Lambda Developer Guide.
"""

from __future__ import annotations

from policies.documents.protecting import RESPONDER
from policies.preparation.wish import ISOLATION_ROLE, Wish

SECONDS = 900
"""The longest that Lambda lets a function run: reading an account with throttling takes minutes."""

MEMORY = 512
CONCURRENCY = 1
"""One after the other, so that two runs never write to one principal."""

TRIES = 2
LONGEST_WAIT = 21_600
"""For how many seconds an alert waits its turn behind others."""

PER_HOUR = 3
DAYS_OF_LOG = 365

MOST_PER_HOUR = 100
PROTECTED = r"root|(role|user)/[A-Za-z0-9_+=.@/*?-]+"
"""How somebody on the never-list is named; wildcards are those of IAM."""

SAYS = "Plans the containment of stolen credentials, and carries it out where it is told to."


def never(wish: Wish) -> tuple[str, ...]:
    """Whom the function never touches, unless somebody writes another list."""
    return (f"role/{wish.response_role}", f"role/{ISOLATION_ROLE}", f"role/{RESPONDER}")
