"""Who makes a request, and what that settles of the request's keys.

Source: "AWS global condition context keys" in the IAM User Guide.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from scanner.iam.context import Context, Values
from scanner.iam.documents import Policy, parse
from scanner.iam.matching import covers_action
from scanner.inventory import Role, User

CallerKind = Literal["user", "role", "session", "federated", "root", "unknown"]

_OF_SESSIONS = frozenset({"aws:tokenissuetime"})
_NEVER_OF_ROLES = frozenset({"aws:username"})
_OF_ROLES = frozenset({"aws:userid", *_OF_SESSIONS})
_OF_INSTANCES = frozenset({
    "ec2:sourceinstancearn", "ec2:roledelivery", "aws:ec2instancesourcevpc", "aws:ec2instancesourceprivateipv4",
})  # fmt: skip
"""Keys of requests that are signed with credentials which an instance got for its role."""
_GIVE_TO_INSTANCES = ("ec2.", "ssm.")
_NEVER_OF_USERS = frozenset({"aws:federatedprovider", "aws:assumedroot"}) | _OF_INSTANCES


class Caller(msgspec.Struct, frozen=True):
    """A principal of an account as the sender of requests.

    Attributes:
        arn: as it is written in policies: of a session its ``assumed-role`` ARN.
        kind: ``session`` is one named session of a role; ``role`` any of them.
        account_id: its account, empty where the ARN has none.
        principal: the user or role of the inventory, None for root, strangers and callers that it does not hold.
        context: what is known of the keys that describe the caller.
    """

    arn: str
    kind: CallerKind
    account_id: str
    partition: str
    principal: User | Role | None
    context: Context

    @property
    def role_arn(self) -> str | None:
        """The ARN of the role, with its path, for roles and their sessions."""
        if isinstance(self.principal, Role):
            return self.principal.arn
        return self.arn if self.kind == "role" else None

    @property
    def is_service_linked(self) -> bool:
        """Whether it is a role that AWS made for a service, which organization policies do not reach."""
        return isinstance(self.principal, Role) and self.principal.path.startswith("/aws-service-role/")


def user_caller(user: User) -> Caller:
    """An IAM user; whether it uses a long-term key or a session of one is left open."""
    parts = user.arn.split(":")
    known: dict[str, Values] = {
        **_of_account(parts[4]),
        "aws:principalarn": (user.arn,),
        "aws:principaltype": ("User",),
        "aws:username": (user.name,),
        **{f"aws:principaltag/{tag.key.lower()}": (tag.value,) for tag in user.tags},
    }
    if user.id:
        known["aws:userid"] = (user.id,)
    context = Context(known, absent=_NEVER_OF_USERS, absent_families=("aws:principaltag/",))
    return Caller(user.arn, "user", parts[4], parts[1], user, context)


_MOST_POLICIES = 65_536
_tagging: dict[int, tuple[Policy, bool]] = {}
_on_instances: dict[int, tuple[Policy, bool]] = {}


def role_caller(role: Role) -> Caller:
    """Any session of a role.

    Tags of the session come before those of the role, but only if the trust policy lets the caller send them.
    """
    parts = role.arn.split(":")
    tags: dict[str, Values] = {f"aws:principaltag/{tag.key.lower()}": (tag.value,) for tag in role.tags}
    tagged = takes_tags(role)
    known: dict[str, Values] = _of_account(parts[4])
    known["aws:principalarn"] = (role.arn,)
    known["aws:principaltype"] = ("AssumedRole",)
    if not tagged:
        known.update(tags)
    context = Context(
        known,
        absent=_NEVER_OF_ROLES if may_be_on_instances(role) else _NEVER_OF_ROLES | _OF_INSTANCES,
        present=_OF_ROLES.union(tags) if tagged else _OF_ROLES,
        absent_families=() if tagged else ("aws:principaltag/",),
        shapes={"aws:userid": f"{role.id}:*"} if role.id else {},
    )
    return Caller(role.arn, "role", parts[4], parts[1], role, context)


def takes_tags(role: Role) -> bool:
    """Whether the trust policy of a role lets callers send session tags."""
    policy = parse(role.trust)
    known = _tagging.get(id(policy))
    if known is None or known[0] is not policy:
        if len(_tagging) >= _MOST_POLICIES:
            _tagging.clear()
        takes = any(each.allows and covers_action(each, "sts:TagSession") for each in policy.statements)
        known = _tagging[id(policy)] = policy, takes
    return known[1]


def may_be_on_instances(role: Role) -> bool:
    """Whether the trust policy lets a service assume the role that hands credentials to instances."""
    policy = parse(role.trust)
    known = _on_instances.get(id(policy))
    if known is None or known[0] is not policy:
        if len(_on_instances) >= _MOST_POLICIES:
            _on_instances.clear()
        found = bool(policy.problems) or any(
            bool(each.not_principals)
            or any(
                name == "*" or (kind == "Service" and name.startswith(_GIVE_TO_INSTANCES))
                for kind, name in each.principals
            )
            for each in policy.statements
            if each.allows
        )
        known = _on_instances[id(policy)] = policy, found
    return known[1]


def session_caller(role: Role, session: str) -> Caller:
    """One session of a role, by its name."""
    caller = role_caller(role)
    arn = f"arn:{caller.partition}:sts::{caller.account_id}:assumed-role/{role.name}/{session}"
    known: dict[str, Values] = {"aws:userid": (f"{role.id}:{session}",)} if role.id else {}
    return msgspec.structs.replace(caller, arn=arn, kind="session", context=caller.context.with_request(known))


def other_caller(arn: str) -> Caller:
    """A caller that the inventory does not hold: the root user, a federated user, or someone of another account."""
    parts = [*arn.split(":", 5), *[""] * 6][:6]
    account, tail = parts[4], parts[5]
    kind: CallerKind = "unknown"
    known: dict[str, Values] = dict(_of_account(account)) if account else {}
    absent: set[str] = set()
    if parts[2] == "iam" and tail == "root":
        kind = "root"
        known |= {"aws:principalarn": (arn,), "aws:principaltype": ("Account",), "aws:userid": (account,)}
        absent = {"aws:username"}
    elif parts[2] == "sts" and tail.startswith("federated-user/"):
        kind = "federated"
        name = tail.partition("/")[2]
        known |= {
            "aws:principalarn": (arn,),
            "aws:principaltype": ("FederatedUser",),
            "aws:userid": (f"{account}:{name}",),
        }
    elif parts[2] == "sts" and tail.startswith("assumed-role/"):
        kind = "session"
        known |= {"aws:principaltype": ("AssumedRole",)}
        absent = {"aws:username"}
    elif parts[2] == "iam" and tail.startswith("user/"):
        kind = "user"
        name = tail.rpartition("/")[2]
        known |= {"aws:principalarn": (arn,), "aws:principaltype": ("User",), "aws:username": (name,)}
    elif parts[2] == "iam" and tail.startswith("role/"):
        kind = "role"
        known |= {"aws:principalarn": (arn,), "aws:principaltype": ("AssumedRole",)}
        absent = {"aws:username"}
    context = Context(known, absent=frozenset(absent))
    return Caller(arn, kind, account, parts[1] or "aws", None, context)


def _of_account(account_id: str) -> dict[str, Values]:
    return {
        "aws:principalaccount": (account_id,),
        "aws:principalisawsservice": ("false",),
    }
