"""Questions about an account: the policies that bear on what a principal asks, and the decision."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from scanner.iam.caller import Caller
from scanner.iam.context import Values
from scanner.iam.decision import Decision, Layer
from scanner.iam.documents import parse
from scanner.iam.evaluation import decide
from scanner.iam.in_force import Levels, levels_in_force
from scanner.iam.layers import NAMES
from scanner.iam.lookup import Lookup, NoSuchPrincipal
from scanner.iam.organization import rcps_apply
from scanner.iam.principals import is_account_id
from scanner.iam.remembered import Remembered
from scanner.iam.request import Policies, Request
from scanner.iam.sources import AccountPolicies, Holdings, Source, policies_of
from scanner.inventory import Account, Document, Gap

__all__ = ["NOTHING_ELSE", "Levels", "NoSuchPrincipal", "Questions", "WhatIf", "questions_of", "source"]

_WITHOUT_RESOURCE_POLICY = ("iam:", "ec2:", "sts:")
_NONE = Holdings(())


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Layers that the account does not hold, or others in their place.

    Attributes:
        session: a session policy.
        resource: the policy of the resource.
        has_no_resource_policy: whether it is known that the resource has none.
        boundary: a permissions boundary in place of the principal's own.
        has_no_boundary: whether the principal is taken as having none.
        scps: service control policies by level, the root of the organization first; no levels where none apply.
        rcps: resource control policies alike.
    """

    session: Source | None = None
    resource: Source | None = None
    has_no_resource_policy: bool = False
    boundary: Source | None = None
    has_no_boundary: bool = False
    scps: Levels | None = None
    rcps: Levels | None = None


NOTHING_ELSE = WhatIf()


def source(layer: Layer, name: str, document: Document) -> Source:
    """A policy document as a layer; its problems are in ``policy.problems``."""
    return Source(layer, name, parse(document))


@dataclass(frozen=True)
class Questions:
    """Answers questions about the principals of one account."""

    account: Account
    _boundaries: dict[str, Holdings] = field(default_factory=dict)

    @cached_property
    def policies(self) -> AccountPolicies:
        """The account's policies, indexed."""
        return policies_of(self.account)

    @cached_property
    def _lookup(self) -> Lookup:
        return Lookup(self.policies)

    def caller(self, text: str) -> Caller:
        """The caller that a text names; see ``Lookup.caller``."""
        return self._lookup.caller(text)

    def ask(
        self,
        principal: str,
        action: str,
        resource: str = "*",
        *,
        context: Mapping[str, Values] | None = None,
        absent: frozenset[str] = frozenset(),
        what_if: WhatIf = NOTHING_ELSE,
    ) -> Decision:
        """One decision.

        Args:
            principal: see ``Lookup.caller``.
            action: such as ``s3:GetObject``, in any case.
            resource: an ARN; ``*`` stands for an action that takes no resource.
            context: keys of the request, in lower case; what the principal itself settles need not be given.
            absent: keys known not to be in the request.
            what_if: layers that the account does not hold.

        Raises:
            NoSuchPrincipal: the principal is not known.
        """
        caller = self.caller(principal)
        said = {"aws:resourceaccount": (account,)} if (account := _account_of(resource)) else {}
        keys = caller.context.with_request({**said, **(context or {})}, absent)
        request = Request(caller, action, resource, keys)
        return decide(request, self.bearing_on(request, what_if))

    def bearing_on(self, request: Request, what_if: WhatIf = NOTHING_ELSE) -> Policies:
        """Every known policy that bears on a request."""
        caller = request.caller
        what_if = self._with_what_is_in_force(request, what_if)
        identity, boundary = self._own(caller, what_if)
        resource, is_known = self._resource_policy(request, what_if)
        return Policies(
            identity=identity.sources,
            boundary=boundary.sources[0] if boundary.sources else None,
            session=what_if.session,
            resource=resource,
            scps=what_if.scps,
            rcps=what_if.rcps,
            unread_identity=identity.unread,
            unread_boundary="; ".join(boundary.unread),
            resource_is_known=is_known,
            unread_resource=_malformed(resource),
            resource_account=_resource_account(request),
            not_collected=tuple(_not_collected(request, what_if, is_known)),
        )

    def _with_what_is_in_force(self, request: Request, what_if: WhatIf) -> WhatIf:
        """The layers, with the organization's own policies where no others are given and all were collected."""
        scps, rcps = what_if.scps, what_if.rcps
        if scps is None and request.caller.account_id == self.account.account_id:
            scps = self._scps
        if rcps is None and _resource_account(request) == self.account.account_id:
            rcps = self._rcps
        return replace(what_if, scps=scps, rcps=rcps)

    @cached_property
    def _scps(self) -> Levels | None:
        return levels_in_force(self.account, "scp")

    @cached_property
    def _rcps(self) -> Levels | None:
        return levels_in_force(self.account, "rcp")

    def _own(self, caller: Caller, what_if: WhatIf) -> tuple[Holdings, Holdings]:
        """The identity policies of the caller, and its boundary; the root user has neither."""
        if caller.kind == "root":
            return _NONE, _NONE
        if caller.principal is None:
            identity = Holdings((), (f"the identity policies of {caller.arn} were not collected",))
        else:
            identity = self.policies.identity(caller.principal)
        if what_if.boundary is not None:
            return identity, Holdings((what_if.boundary,))
        if caller.principal is None or what_if.has_no_boundary:
            return identity, _NONE
        arn = caller.principal.arn
        if arn not in self._boundaries:
            self._boundaries[arn] = self.policies.boundary(caller.principal)
        return identity, self._boundaries[arn]

    def _resource_policy(self, request: Request, what_if: WhatIf) -> tuple[Source | None, bool]:
        """The policy of the resource, and whether None means that it has none."""
        if what_if.resource is not None or what_if.has_no_resource_policy:
            return what_if.resource, True
        if not request.is_of_trust:
            return None, request.action.lower().startswith(_WITHOUT_RESOURCE_POLICY)
        role = self.policies.roles.get(request.resource)
        if role is not None:
            return self.policies.trust(role), True
        return None, self._would_hold(request.resource)

    def _would_hold(self, resource: str) -> bool:
        """Whether a role of this ARN would be in the account as it was collected."""
        is_one = ":role/" in resource and "*" not in resource
        return is_one and _account_of(resource) == self.account.account_id and not isinstance(self.account.roles, Gap)


# What it indexes of an account is the same for all that ask.
_asked = Remembered(Questions, most=2)


def questions_of(account: Account) -> Questions:
    """The questions about an account, shared by all that ask."""
    return _asked.of(account)


def _account_of(resource: str) -> str:
    parts = resource.split(":", 5)
    return parts[4] if len(parts) == 6 and is_account_id(parts[4]) else ""


def _malformed(resource: Source | None) -> str:
    """What is wrong with the policy of a resource; nobody knows whom it admits beyond what was understood of it."""
    if resource is None or not resource.policy.problems:
        return ""
    return f"{resource.name} is malformed: {resource.policy.problems[0]}"


def _resource_account(request: Request) -> str:
    said = request.context.known.get("aws:resourceaccount")
    return said[0] if said else _account_of(request.resource)


def _not_collected(request: Request, what_if: WhatIf, resource_is_known: bool) -> Iterator[str]:
    if what_if.scps is None and not request.caller.is_service_linked:
        yield NAMES["scp"]
    if what_if.rcps is None and rcps_apply(request.caller, request.action, request.resource):
        yield NAMES["rcp"]
    if not resource_is_known:
        yield NAMES["resource_policy"]
