"""Whether a responder can contain a principal: asked on the principal's own ARN, over every layer that is known."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache

import msgspec

from scanner.containment.headroom import Way, each_way_left
from scanner.containment.organization import scps_in_force, why_scps_are_unknown
from scanner.iam.context import Values
from scanner.iam.decision import Deciding, Decision
from scanner.iam.evaluation import decide
from scanner.iam.formula import Verdict
from scanner.iam.grants import interest
from scanner.iam.in_force import Levels
from scanner.iam.powers import Power, power_of
from scanner.iam.remembered import Remembered
from scanner.iam.request import Policies, Request
from scanner.iam.sources import policies_of
from scanner.inventory import Account, Role, Undetermined, User


class Means(msgspec.Struct, frozen=True):
    """One call by which a responder contains a principal.

    Attributes:
        action: what is called on the principal's ARN.
        does: ``inline Deny``, ``attached Deny``, ``boundary`` or ``key``.
        verdict: whether the responder may.
        conditions: on what it hangs, as clauses that follow "only if".
        reason: the answer in one sentence.
        statements: those that decide.
    """

    action: str
    does: str
    verdict: Verdict
    conditions: tuple[str, ...] = ()
    reason: str = ""
    statements: tuple[Deciding, ...] = ()


class Containing(msgspec.Struct, frozen=True):
    """What a responder can do about a principal.

    Attributes:
        responder: its ARN.
        stopping: the surest call that stops everything, among those for which there is room; None where there is none.
        keys: of a user, whether the responder may deactivate access keys; None for a role.
        unknown: a policy of the responder, or of the organization, that was not read; it may refuse what seems allowed.
    """

    responder: str
    stopping: Means | None
    keys: Means | None
    unknown: Undetermined | None = None

    @property
    def verdict(self) -> Verdict:
        """Whether the responder can stop everything that the principal does."""
        return self.stopping.verdict if self.stopping else "no"


_STOPPING = {
    "inline policy": ("iam:Put{}Policy", "inline Deny"),
    "managed policy": ("iam:Attach{}Policy", "attached Deny"),
    "boundary": ("iam:Put{}PermissionsBoundary", "boundary"),
}


@cache
def _stopping(kind: str) -> dict[str, tuple[str, str]]:
    return {way: (action.format(kind), does) for way, (action, does) in _STOPPING.items()}


_TAGS = ("aws:resourcetag/", "iam:resourcetag/")
_BEST: tuple[Verdict, ...] = ("yes", "only_if", "no")


def can_contain(
    responder: Role | User,
    principal: Role | User,
    account: Account,
    at: datetime | None = None,
    *,
    with_organization: bool = True,
) -> Containing:
    """Whether a responder can put a Deny of everything on a principal, in some form for which there is room.

    A Deny of everything also stops the access keys of a user and their sessions; whether the keys can be deactivated is
    told apart. The responder is taken as it is, with whatever contains it, but in a new session where the time is
    given. Service control policies count as far as they were collected, and not at all without the organization.
    """
    asked = _Asked(account, scps_in_force(account) if with_organization else (), at)
    power = power_of(responder, policies_of(account))
    kind = "Role" if isinstance(principal, Role) else "User"
    alike = _alike(power, kind, next(each_way_left(principal, account), None), asked)
    if alike is not None:
        return alike
    stopping: Means | None = None
    for way in each_way_left(principal, account):
        if way not in _STOPPING:
            continue
        action, does = _stopping(kind)[way]
        found = _means(power, action, does, principal, asked)
        if stopping is None or _BEST.index(found.verdict) < _BEST.index(stopping.verdict):
            stopping = found
        if stopping.verdict == "yes":
            break
    keys = _means(power, "iam:UpdateAccessKey", "key", principal, asked) if isinstance(principal, User) else None
    return Containing(power.caller.arn, stopping, keys, _unknown(power, asked))


class _Asked(msgspec.Struct, frozen=True, eq=False):
    account: Account
    scps: Levels | None
    at: datetime | None


def contains_alike(responder: Role | User, kind: type, way: Way | None, account: Account) -> Containing | None:
    """What ``can_contain`` says of all users, or of all roles, for whom there is room for a way before all others.

    None where that depends on who it is.
    """
    asked = _Asked(account, scps_in_force(account), None)
    return _alike(power_of(responder, policies_of(account)), "Role" if issubclass(kind, Role) else "User", way, asked)


_Alike = dict[tuple[str, Way | None, bool], Containing | None]


def _none_yet(_: Power) -> _Alike:
    return {}


# Most responders may contain everybody, and are asked about thousands.
_answers = Remembered(_none_yet, most=4096)


def _alike(power: Power, kind: str, way: Way | None, asked: _Asked) -> Containing | None:
    """What a responder can do about all of a kind that have room for a way; None where that depends on who it is."""
    known, key = _answers.of(power), (kind, way, asked.scps == ())
    if key not in known:
        known[key] = _find_alike(power, kind, way, asked)
    return known[key]


def _find_alike(power: Power, kind: str, way: Way | None, asked: _Asked) -> Containing | None:
    if way is None or way not in _STOPPING:
        return None
    stopping = _plain_means(power, *_stopping(kind)[way], asked)
    keys = _plain_means(power, "iam:UpdateAccessKey", "key", asked) if kind == "User" else None
    if stopping is None or stopping.verdict != "yes" or (keys is None and kind == "User"):
        return None
    return Containing(power.caller.arn, stopping, keys, _unknown(power, asked))


def _unknown(power: Power, asked: _Asked) -> Undetermined | None:
    if power.unread_boundary:
        return Undetermined(power.unread_boundary)
    if power.unread:
        return Undetermined(power.unread[0])
    if asked.scps is None and not power.caller.is_service_linked:
        return why_scps_are_unknown(asked.account)
    return None


@cache
def _bit(action: str) -> int:
    return interest().mask([action])


@cache
def _plain(action: str, does: str, verdict: Verdict, reason: str) -> Means:
    return Means(action, does, verdict, reason=reason)


def _plain_means(power: Power, action: str, does: str, asked: _Asked) -> Means | None:
    """The answer where it is the same for whomever it is done to."""
    if not power.potential & _bit(action) and not power.unread and not power.unread_boundary:
        return _plain(action, does, "no", "No policy of its own allows it.")
    if power.unlimited & _bit(action) and not power.artefacts and not asked.scps:
        return _plain(action, does, "yes", "Allowed by identity policies.")
    return None


def _means(power: Power, action: str, does: str, principal: Role | User, asked: _Asked) -> Means:
    plain = _plain_means(power, action, does, asked)
    if plain is not None:
        return plain
    found = _decision(power, action, principal, asked)
    conditions = tuple(dict.fromkeys(provision.text for provision in found.conditions))
    return Means(action, does, found.decision, conditions, found.reason, found.statements)


def _decision(power: Power, action: str, principal: Role | User, asked: _Asked) -> Decision:
    account, at = asked.account, asked.at
    said = dict(_said(action, principal, account))
    if at is not None and power.caller.kind == "role":
        said["aws:tokenissuetime"] = (at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),)
    context = power.caller.context.with_request(said)
    # All tags of the principal are known, so that it has none but these.
    context = msgspec.structs.replace(context, absent_families=(*context.absent_families, *_TAGS))
    request = Request(power.caller, action, principal.arn, context)
    held = policies_of(account)
    responder = power.caller.principal
    if responder is None:
        raise TypeError
    identity, boundary = held.identity(responder), held.boundary(responder)
    return decide(
        request,
        Policies(
            identity=identity.sources,
            boundary=boundary.sources[0] if boundary.sources else None,
            scps=asked.scps,
            unread_identity=identity.unread,
            unread_boundary="; ".join(boundary.unread),
            resource_is_known=True,
            resource_account=account.account_id,
        ),
    )


def _said(action: str, principal: Role | User, account: Account) -> Iterator[tuple[str, Values]]:
    """The keys of the request that puts a Deny of everything on the principal."""
    deny_all = f"arn:{account.partition}:iam::aws:policy/AWSDenyAll"
    yield "aws:resourceaccount", (account.account_id,)
    for tag in principal.tags:
        for family in _TAGS:
            yield f"{family}{tag.key.lower()}", (tag.value,)
    yield "iam:policyarn", (deny_all,) if ":Attach" in action else ()
    held: Values = (principal.boundary,) if principal.boundary else ()
    yield "iam:permissionsboundary", (deny_all,) if action.endswith("PermissionsBoundary") else held
