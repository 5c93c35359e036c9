"""A request, and every policy that may bear on it."""

from __future__ import annotations

import msgspec

from scanner.iam.caller import Caller
from scanner.iam.context import Context
from scanner.iam.sources import Source


class Request(msgspec.Struct, frozen=True):
    """What is asked: may this caller do this action on this resource, as far as the context is known?"""

    caller: Caller
    action: str
    resource: str
    context: Context

    @property
    def is_of_trust(self) -> bool:
        """Whether it is one of the actions that the trust policy of a role must allow."""
        return self.action.lower().startswith(("sts:assumerole", "sts:tagsession", "sts:setsourceidentity"))


class Policies(msgspec.Struct, frozen=True):
    """Every policy that may bear on a request.

    Attributes:
        identity: the caller's own policies and those of its groups.
        boundary: the permissions boundary, if there is one.
        session: the session policy, if there is one.
        resource: the policy of the resource, for a role its trust policy; None where there is none, or none is known.
        scps: service control policies by level, the root of the organization first; None where they do not apply or
            are not known.
        rcps: resource control policies alike.
        unread_identity: identity policies that were not read, each as a sentence; they may allow or deny.
        unread_boundary: why the boundary was not read, or empty.
        unread_resource: what of ``resource`` was not understood, as a sentence, or empty; it may allow or deny.
        resource_is_known: whether ``resource`` None means that there is no such policy.
        resource_account: the account of the resource, empty where the ARN does not tell; it is then taken to be
            the caller's.
        not_collected: layers that were not collected, as sentences.
    """

    identity: tuple[Source, ...] = ()
    boundary: Source | None = None
    session: Source | None = None
    resource: Source | None = None
    scps: tuple[tuple[Source, ...], ...] | None = None
    rcps: tuple[tuple[Source, ...], ...] | None = None
    unread_identity: tuple[str, ...] = ()
    unread_boundary: str = ""
    unread_resource: str = ""
    resource_is_known: bool = False
    resource_account: str = ""
    not_collected: tuple[str, ...] = ()
