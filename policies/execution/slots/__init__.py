"""Places in AWS that hold one text each: read it, write it, take it away."""

from __future__ import annotations

from collections.abc import Callable

from policies.execution.api import Api
from policies.execution.changes import Change, ChangeKind
from policies.execution.slots.credentials import AccessKey, ServiceCredential, active_credentials
from policies.execution.slots.identity import Attachment, Boundary, InlinePolicy, ManagedPolicy, Tag, TrustPolicy
from policies.execution.slots.instances import MetadataOptions
from policies.execution.slots.organization import OrganizationAttachment, OrganizationPolicy, PermissionSetPolicy
from policies.execution.slots.slot import Slot

_KINDS: dict[ChangeKind, Callable[[Change, Api], Slot]] = {
    "inline policy": InlinePolicy,
    "managed policy": ManagedPolicy,
    "attachment": Attachment,
    "boundary": Boundary,
    "trust policy": TrustPolicy,
    "tag": Tag,
    "access key": AccessKey,
    "service credential": ServiceCredential,
    "organization policy": OrganizationPolicy,
    "organization attachment": OrganizationAttachment,
    "permission set policy": PermissionSetPolicy,
    "metadata options": MetadataOptions,
}


def slot_of(change: Change, api: Api) -> Slot:
    """The place that a change is about."""
    return _KINDS[change.kind](change, api)


def finish(change: Change, api: Api) -> None:
    """See that what was written works: nobody knows whether it does where a run ended in the middle of a write."""
    if change.kind == "permission set policy":
        PermissionSetPolicy(change, api).provision()


__all__ = ["Slot", "active_credentials", "finish", "slot_of"]
