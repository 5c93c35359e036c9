"""The decision table: from whom a credential is of, and what signed the requests, to what is done.

Source: "Revoking IAM role temporary security credentials" and "Disabling permissions for temporary security
credentials" in the IAM User Guide.
"""

from __future__ import annotations

from policies.dispatch.forms import INSTANCE
from policies.dispatch.keys import is_temporary
from policies.dispatch.resolved import Decided, shown
from policies.dispatch.whom import Whom
from policies.subjects import Subject
from scanner.containment import can_take_scps
from scanner.containment.credential_facts import (
    BOUNDARY,
    FREEZE,
    PERMISSION_SET,
    QUARANTINE,
    RCP,
    REVOKE,
    REVOKE_INSTANCE,
    REVOKE_ONE,
    REVOKE_USER,
    SCP_PERSON,
    SCP_PRINCIPALS,
    SCP_TIME,
)
from scanner.containment.kinds import Kinds
from scanner.containment.revocation_set import revocation_set
from scanner.containment.workloads import workloads_of
from scanner.inventory import Account, Role, Undetermined

_OF_INSTANCES = {"ec2-role", "ecs-role", "eks-role"}
_DEACTIVATE = "iam:UpdateAccessKey"
_DEACTIVATE_API_KEY = "iam:UpdateServiceSpecificCredential"


def decide(found: Whom, subject: Subject, kinds: Kinds, account: Account) -> Decided | None:
    """What to do about a credential; None where it is not known whose it is."""
    if isinstance(found.principal, Role):
        return _of_role(found.principal, subject, kinds, account)
    if found.principal is not None:
        return _of_user(subject, kinds)
    if found.kind == "person" and subject.user_id:
        return _of_person(subject, account)
    if found.kind == "root":
        return Decided(
            plan="root",
            templates=(SCP_PRINCIPALS,),
            acts=("sts:AssumeRoot",),
            because="It is the root user, on whom no policy of IAM can be put.",
        )
    if found.kind == "federated-user" and found.arn is not None:
        return Decided(
            plan="federated-user",
            templates=(SCP_PRINCIPALS,),
            instead=(QUARANTINE, REVOKE_USER),
            because="A federated user has a name of its own, and what it may do hangs on who made its session.",
        )
    if found.kind == "service":
        return Decided(
            plan="service", templates=(), because="A service of AWS made the calls, driven by somebody else."
        )
    if found.kind == "foreign-account":
        return Decided(plan="foreign-account", templates=(RCP,), because="The principal is of another account.")
    return None


def instance_of(subject: Subject) -> str | None:
    """The instance whose session is suspected, by the name of the session or as it was told."""
    if subject.session is not None:
        return subject.session if INSTANCE.fullmatch(subject.session) else None
    return subject.instance


def _of_role(role: Role, subject: Subject, kinds: Kinds, account: Account) -> Decided:
    if "service-linked-role" in kinds:
        return Decided(plan="service", templates=(), because="AWS holds the credentials of a service-linked role.")
    if "identity-center-role" in kinds:
        return _of_person(subject, account)
    instance = instance_of(subject)
    whole = _why_the_whole_role(role, instance, subject, kinds, account)
    if instance is not None and whole is None:
        return Decided(
            plan="one-instance",
            templates=(REVOKE_INSTANCE, REVOKE_ONE),
            instead=(REVOKE, SCP_TIME),
            because=f"The session is that of instance {shown(instance)}, and other instances work with the role.",
        )
    because = whole or "Sessions of a role are revoked by the time at which they were issued."
    return Decided(plan="role-sessions", templates=(REVOKE,), instead=(SCP_TIME, BOUNDARY, FREEZE), because=because)


def _why_the_whole_role(
    role: Role, instance: str | None, subject: Subject, kinds: Kinds, account: Account
) -> str | None:
    """Why it would not do, or not be worth it, to revoke the sessions of one instance alone; None where it does."""
    if instance is None:
        return "The session is not told to be that of one instance."
    if "ec2-role" not in kinds or not set(kinds.names) <= _OF_INSTANCES or kinds.unclear:
        return "Others than EC2 may hand out the role, and whoever assumes it chooses the name of the session."
    if subject.region is None and not any(each.id == instance for each in workloads_of(role, account).instances):
        return "The region of the instance is not known, and so its ARN is not."
    linked = revocation_set(role, account)
    if linked.reached or linked.circle or linked.unread:
        return "The session can become other roles, or it is not known whether it can, and is not told apart there."
    if not any(each.id != instance for each in workloads_of(role, account).instances):
        return "No other instance is known to work with the role."
    return None


def _of_user(subject: Subject, kinds: Kinds) -> Decided:
    acts = (_DEACTIVATE, *((_DEACTIVATE_API_KEY,) if "bedrock-key" in kinds else ()))
    if is_temporary(subject.access_key):
        return Decided(
            plan="user-session",
            templates=(QUARANTINE,),
            instead=(REVOKE_USER, SCP_PRINCIPALS, BOUNDARY),
            acts=acts,
            because="The key is that of a session of the user: it cannot be made inactive, but the user can be denied.",
        )
    return Decided(
        plan="user-key",
        templates=(QUARANTINE,),
        instead=(SCP_PRINCIPALS, BOUNDARY),
        acts=acts,
        because="Long-term keys are made inactive, and the sessions made from them are denied with the user.",
    )


def _of_person(subject: Subject, account: Account) -> Decided:
    """By the person where that is known; else by the role, for all who have it."""
    try:
        reaches = can_take_scps(account) is None
    except Undetermined:
        reaches = False
    because = "IAM refuses to have a role of IAM Identity Center edited in the account."
    if subject.user_id is None and not reaches:
        return Decided(plan="identity-center", templates=(), instead=(PERMISSION_SET, SCP_PERSON), because=because)
    if not reaches:
        return Decided(
            plan="identity-center", templates=(PERMISSION_SET,), instead=(SCP_PERSON, SCP_TIME), because=because
        )
    first, second = (SCP_PERSON, SCP_TIME) if subject.user_id is not None else (SCP_TIME, SCP_PERSON)
    return Decided(plan="identity-center", templates=(first,), instead=(PERMISSION_SET, second), because=because)
