"""Ask AWS Organizations, and tell what it keeps from a member from what the caller's own policies deny."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeAlias, TypeVar

from botocore.exceptions import ClientError

from scanner.collect.desk import Desk
from scanner.collect.ledger import Ledger
from scanner.collect.outcome import error_code
from scanner.collect.reader import Reader
from scanner.inventory import Gap, NotCollected

T = TypeVar("T")
Texts: TypeAlias = tuple[str, ...] | Gap

PAGE = {"PageSize": 20}
"""The largest page of AWS Organizations."""


@dataclass(frozen=True, slots=True)
class Inquirer:
    """Asks AWS Organizations for one account.

    Attributes:
        owner: the management account, if it is another one.
    """

    desk: Desk
    owner: str | None

    def ask(self, operation: str, read: Callable[[Reader], T], kind: Any, subject: str = "") -> T | Gap:
        """One unit of the collection; what the organization does not tell this account is ``elsewhere``."""
        judged = partial(_judged, read=read, owner=self.owner)
        return self.desk.ask("organizations", "global", operation, judged, kind, subject=subject)

    def texts(self, operation: str, items: str, name: str, subject: str = "", **parameters: str) -> Texts:
        """One member of every item of a list, sorted."""

        def read(reader: Reader) -> tuple[str, ...]:
            pages = reader.pages(operation, PaginationConfig=PAGE, **parameters)
            return tuple(sorted(found[name] for page in pages for found in page.get(items) or ()))

        return self.ask(operation, read, tuple[str, ...], subject)


def _judged(reader: Reader, read: Callable[[Reader], T], owner: str | None) -> T:
    """Read, and tell a refusal by the organization from one by the caller's own policies.

    AWS answers both with one error code. Only what it says to the second names a missing permission, or the policy
    that denies it; a policy of the organization itself, which is resource-based, is not the caller's own.
    """
    noted = Ledger()
    try:
        return read(replace(reader, ledger=noted))
    except NotCollected as missing:
        gap = missing.gap
        if owner is None or not _is_of_the_organization(gap, missing.__cause__):
            raise
        calls = sum(entry.calls for entry in noted.entries())
        noted, gap = Ledger(), Gap(gap.api, "elsewhere", gap.region, f"readable only in account {owner}")
        noted.record(gap.api, gap.region, gap.status, gap.reason, calls)
        raise NotCollected(gap) from missing
    finally:
        reader.ledger.add(noted.entries())


def _is_of_the_organization(gap: Gap, fault: BaseException | None) -> bool:
    """Whether the organization keeps something from a member; some endpoints do not find in it what they just named."""
    if isinstance(fault, ClientError) and error_code(fault) == "ParentNotFoundException":
        return True
    return gap.status == "denied" and not _is_own_refusal(fault)


def _is_own_refusal(fault: BaseException | None) -> bool:
    said = str(fault.response.get("Error", {}).get("Message", "")) if isinstance(fault, ClientError) else ""
    return "not authorized" in said and "resource-based policy" not in said
