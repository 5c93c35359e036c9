"""What a query looks for, compared with what CloudTrail really writes.

Sources: "Common errors" of the services' API references, whose codes CloudTrail records as errorCode; "Actions,
resources, and condition keys for AWS Identity and Access Management" for calls that give a lasting way in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from policies.responders.faults import Fault, told
from policies.responders.sql_says import SAYS
from policies.responders.sql_words import Word, compared
from scanner.events.samples import PERSISTENCE
from scanner.iam.matching import matches

REFUSALS = (
    "AccessDenied", "AccessDeniedException", "Client.UnauthorizedOperation", "UnauthorizedOperation",
    "AuthorizationError", "AuthorizationErrorException", "NotAuthorized", "NotAuthorizedException",
    "UnauthorizedException", "UnauthorizedAccess", "Client.InstanceCredentialsNotAllowed",
)  # fmt: skip
"""Error codes with which services refuse a call for want of permission."""

_MOST_FREQUENT = ("AccessDenied", "Client.UnauthorizedOperation")
"""Those of most services, and of EC2."""

_LIKE_A_REFUSAL = re.compile(r"den(?:y|ied)|auth|forbid", re.IGNORECASE)
_SESSIONS = ("getfederationtoken", "getsessiontoken")
_LASTING = frozenset({"createrole", *_SESSIONS, *(name.lower() for _, name in PERSISTENCE)})
_OTHER_WAYS = ("principalid", "arn", "username", "sessionissuer", "sourceidentity")


def judge_search(where: Sequence[Word]) -> Iterator[Fault]:
    """What is wrong with the conditions of a query."""
    yield from _of_refusals(where)
    yield from _of_persistence(where)
    keys = list(compared(where, "accesskeyid"))
    if keys and not any(word.is_word(*_OTHER_WAYS) for word in where):
        yield told(SAYS, "sql-key-only", f"line {keys[0][2].line}")


def _of_refusals(where: Sequence[Word]) -> Iterator[Fault]:
    asked = list(compared(where, "errorcode"))
    texts = [text for _, values, _ in asked for text in values]
    if not texts or not any(_LIKE_A_REFUSAL.search(text) for text in texts):
        return
    is_folded = any(word.is_word("lower", "upper") for word in where)
    found = {code for code in REFUSALS for operator, values, _ in asked if _takes(operator, values, code, is_folded)}
    line = f"line {asked[0][2].line}"
    if not found:
        yield told(SAYS, "sql-no-such-code", line, " or ".join(texts))
        return
    missed = [code for code in _MOST_FREQUENT if code not in found]
    if missed:
        yield told(SAYS, "sql-misses-refusals", line, " and ".join(missed))


def _takes(operator: str, values: tuple[str, ...], code: str, is_folded: bool) -> bool:
    if operator == "like":
        patterns = [value.replace("%", "*").replace("_", "?") for value in values]
        return any(matches(pattern, code, ignore_case=is_folded) for pattern in patterns)
    if operator == "regexp_like":
        # Expressions of others are never run: a part of one that is in the code is taken for a match.
        parts = [part for value in values for part in re.findall(r"[A-Za-z]{4,}", value)]
        return any(part.lower() in code.lower() for part in parts)
    return any(value == code or (is_folded and value.lower() == code.lower()) for value in values)


def _of_persistence(where: Sequence[Word]) -> Iterator[Fault]:
    asked = [(values, word) for operator, values, word in compared(where, "eventname") if operator in {"=", "in"}]
    names = {value.lower() for values, _ in asked for value in values}
    if len(names & _LASTING) < 2:
        return
    wanted = [name for _, name in PERSISTENCE if name.lower() not in names]
    if names & set(_SESSIONS):
        wanted += [name for name in ("GetFederationToken", "GetSessionToken") if name.lower() not in names]
    if wanted:
        more = len(wanted) - 4
        listed = ", ".join(wanted[-1:] + wanted[:3]) + (f" and {more} others" if more > 0 else "")
        yield told(SAYS, "sql-misses-persistence", f"line {asked[0][1].line}", listed)
