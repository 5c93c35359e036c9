"""Put the questions of a preflight about the organization, which answers a few of its accounts only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import msgspec

from scanner.actions import ACTIONS
from scanner.collect.desk import Desk
from scanner.collect.probing import ask_place, told
from scanner.preflight import Answer, Status

_MEMBERSHIP = "organizations:DescribeOrganization"
_ROOTS = "organizations:ListRoots"
_EFFECTIVE = "organizations:DescribeEffectivePolicy"
_FEATURES = "iam:ListOrganizationsFeatures"

ABOUT_ORGANIZATION = frozenset(action.api for action in ACTIONS if action.api.startswith("organizations:")) | {
    _FEATURES
}
"""The actions about the organization as a whole."""

_WITHOUT_ALL_FEATURES = frozenset({
    _MEMBERSHIP, _ROOTS, "organizations:ListAccounts", "organizations:ListAccountsForParent",
    "organizations:ListOrganizationalUnitsForParent",
})  # fmt: skip
"""What an organization for consolidated billing alone can be asked."""

NO_ORGANIZATION = "the account is in no organization"
_BILLING_ONLY = "the organization is for consolidated billing only"
_WHO_REFUSES = "whether the organization refuses or a policy of the caller does, AWS does not say"


@dataclass(frozen=True, slots=True)
class Membership:
    """How the account belongs to an organization.

    Attributes:
        kind: ``unknown`` where the account may not ask.
        management: the management account of the organization.
        has_all_features: whether the organization is for more than bills.
    """

    kind: Literal["none", "member", "management", "unknown"]
    management: str = ""
    has_all_features: bool = True

    @property
    def only_in(self) -> str:
        """Where it can be read what a member is not told."""
        return f"readable only in account {self.management}"


def ask_organization(desk: Desk, apis: frozenset[str]) -> tuple[list[Answer], Membership]:
    """Ask as far as a scan would ask: what the organization refuses once is not asked again.

    Args:
        desk: where to ask.
        apis: those of ``ABOUT_ORGANIZATION`` that matter.

    Raises:
        CollectError: the credentials have expired.
    """
    if _MEMBERSHIP not in apis:
        return [], Membership("unknown")
    answers, names = ask_place(desk, "global", {_MEMBERSHIP})
    membership = _membership(desk, answers[0], names)
    rest = apis - {_MEMBERSHIP}
    if membership.kind == "none":
        return [*answers, *_all(rest, "not_applicable", NO_ORGANIZATION)], membership
    if not membership.has_all_features:
        answers += _all(rest - _WITHOUT_ALL_FEATURES, "not_applicable", _BILLING_ONLY)
        rest &= _WITHOUT_ALL_FEATURES
    asked, names = ask_place(desk, "global", rest & {_ROOTS, _EFFECTIVE})
    asked = [_judged(answer, membership) for answer in asked]
    rest -= {_ROOTS, _EFFECTIVE}
    if any(answer.status == "elsewhere" for answer in asked):
        return [*answers, *asked, *_all(rest, "elsewhere", membership.only_in)], membership
    known = {"root": names["root"]} if "root" in names else {}
    more, _ = ask_place(desk, "global", rest, **known)
    return [*answers, *asked, *(_judged(answer, membership) for answer in more)], membership


def _membership(desk: Desk, answer: Answer, names: dict[str, str]) -> Membership:
    management = names.get("management", "")
    has_all_features = names.get("feature_set") != "CONSOLIDATED_BILLING"
    if management:
        kind: Literal["member", "management"] = "management" if management == desk.account_id else "member"
        return Membership(kind, management, has_all_features)
    is_none = answer.status == "readable" and "AWSOrganizationsNotInUseException" in answer.message
    return Membership("none" if is_none else "unknown")


def _judged(answer: Answer, membership: Membership) -> Answer:
    """The answer, with a refusal by the organization told from one by the caller's own policies.

    AWS answers both with one error code. Only what it says to the second names a missing permission, or the policy
    that denies it; a policy of the organization itself, which is resource-based, is not the caller's own.
    """
    said = answer.message
    is_own = "is not authorized to perform" in said and "resource-based policy" not in said
    is_refused = answer.status == "denied" or said.startswith("AccountNotManagementOrDelegatedAdministrator")
    if answer.api == _EFFECTIVE or membership.kind == "management" or is_own or not is_refused:
        return answer
    if membership.kind == "member":
        return msgspec.structs.replace(answer, status="elsewhere", message=membership.only_in)
    return msgspec.structs.replace(answer, status="untold", message=f"{said} ({_WHO_REFUSES})")


def _all(apis: Iterable[str], status: Status, message: str) -> list[Answer]:
    return [told(api, "global", status, message) for api in sorted(apis)]
