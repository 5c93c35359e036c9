"""Least privilege: who can do everything, who can change whole services, and which roles nobody uses."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import lru_cache

import msgspec

from rules.assumable import Entry, entries, severity_of, told
from rules.frameworks import attack, cis, csf, well_architected
from rules.principals import (
    active_keys,
    confidence_in,
    is_administrator,
    is_service_linked,
    is_told_elsewhere,
    principals,
    settled,
)
from rules.response.incident import incident
from scanner.containment import can_undo_quarantine
from scanner.engine import Hit, NoParameters, NotNegative, Scene, rule
from scanner.engine.declared import is_named
from scanner.engine.subjects import Subject, Unread, account_resource, roles, users
from scanner.findings import Severity
from scanner.iam.administrator import Administration, administration
from scanner.iam.escalation.graph import graph_of
from scanner.iam.remembered import Remembered
from scanner.iam.service_wildcards import Reached, Service, ServiceWildcards
from scanner.inventory import Account, Gap, Role, Undetermined, User

_ADMINISTRATION = (
    *cis(v7="2.14", v5="1.15"), *csf("PR.AA-05"), *well_architected("SEC03-BP02"), *attack(v18="T1098.003"),
)  # fmt: skip
_DETAILS = ("iam:GetAccountAuthorizationDetails",)
_BEST_PRACTICES = "https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html"


@rule(
    "iam-user-admin",
    severity="critical",
    phase="contain",
    subjects=users,
    apis=_DETAILS,
    controls=_ADMINISTRATION,
    references=(_BEST_PRACTICES,),
)
def iam_user_admin(user: User, scene: Scene[NoParameters]) -> Hit | None:
    """A user is an administrator.

    ## Why
    A user's credentials do not expire: one leaked key or password is the whole account, and its holder can undo an
    IAM-level containment. What the policies say counts, not what they are called; own, inline and group policies are
    united, a permissions boundary caps them, and a Deny counts only as far as it applies. A policy that contains an
    incident (a revocation of sessions, a quarantine) is named and does not hide the administrator. Users that are
    declared to be administrators, or to be for emergencies, pass.

    ## Fix
    Let people and jobs assume a role for administration, with MFA and short sessions, and take the policies away from
    the user. A user that has to be one belongs into administrators or break_glass of the section declared.

    ## Breaks
    Whatever the user does today with these rights; look at the last use of its keys and services before.

    ## Bad
    ```json
    {"groups": [], "policies": [], "users": [
      {"name": "test", "arn": "arn:aws:iam::111122223333:user/test", "inline": [
        {"name": "all", "document": {"Version": "2012-10-17", "Statement": [
          {"Effect": "Allow", "Action": "*", "Resource": "*"},
          {"Effect": "Deny", "Action": "*", "Resource": "arn:aws:s3:::logs/*"}]}}]}]}
    ```

    ## Good
    ```json
    {"groups": [], "policies": [], "users": [
      {"name": "ann", "arn": "arn:aws:iam::111122223333:user/ann", "inline": [
        {"name": "AdministratorAccess", "document": {"Version": "2012-10-17", "Statement": {
          "Effect": "Allow", "Action": "s3:List*", "Resource": "*"}}}]}]}
    ```
    """
    if scene.declared.may_administrate(user.arn) or (found := administration(user, scene.account)) is None:
        return None
    return _administrator(user, found, scene, active_access_keys=active_keys(user, scene.account))


@rule(
    "iam-role-admin",
    severity="high",
    phase="contain",
    subjects=roles,
    apis=_DETAILS,
    controls=_ADMINISTRATION,
    references=(_BEST_PRACTICES, "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html"),
)
def iam_role_admin(role: Role, scene: Scene[NoParameters]) -> Hit | None:
    """A role is an administrator.

    ## Why
    Roles are how administration should be done, so what counts is who can become it. Critical: anyone with an AWS
    account, or any customer of an identity provider. High: what runs on an instance or in a function, where one flaw
    of the program hands out the credentials; another account; everybody in this account who may assume roles. Medium:
    people who sign in with MFA or by SAML, and principals that are named. Low: nobody at present. High as
    well where the trust policy was not understood. Permission sets of
    IAM Identity Center are listed for information, and roles that AWS made for its services are left out. Roles that
    are declared to be administrators, or to be for emergencies, pass, unless anyone outside can become them.

    ## Fix
    Give a workload the actions that it needs and no more. For people demand MFA in the trust policy, or use IAM
    Identity Center, and name who may come instead of trusting the whole account. A role that has to be one belongs
    into administrators or break_glass of the section declared.

    ## Breaks
    Jobs that use the role: look at its last use and at the AssumeRole events of CloudTrail before.

    ## Bad
    ```json
    {"groups": [], "policies": [], "roles": [
      {"name": "app", "arn": "arn:aws:iam::111122223333:role/app", "trust": {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]},
       "inline": [{"name": "app", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "NotAction": "aws-portal:*", "Resource": "*"}]}}]}]}
    ```

    ## Good
    ```json
    {"groups": [], "policies": [], "roles": [
      {"name": "admin", "arn": "arn:aws:iam::111122223333:role/admin", "trust": {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]},
       "inline": [{"name": "AdministratorAccess", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "NotAction": ["iam:*", "sts:*"], "Resource": "*"}]}}]}]}
    ```
    """
    if is_service_linked(role) or (found := administration(role, scene.account)) is None:
        return None
    ways = entries(role, scene.account.account_id)
    severity = severity_of(role, ways)
    if scene.declared.may_administrate(role.arn) and severity != "critical":
        return None
    who = told(role, ways)
    return _administrator(role, found, scene, who=who, severity=severity, entries=[_entry(way) for way in ways])


def _entry(way: Entry) -> dict[str, object]:
    return {"principal": way.principal, "severity": way.severity, "why": way.why, "bound_by": list(way.bound_by)}


def _administrator(
    principal: User | Role,
    found: Administration,
    scene: Scene[NoParameters],
    *,
    who: str = "",
    severity: Severity | None = None,
    **details: object,
) -> Hit:
    """What is said of an administrator, user or role."""
    contained = incident(principal, scene)
    only_if = f" It depends on {', '.join(found.conditions)}." if found.conditions else ""
    return Hit(
        f"It may do everything, by {', '.join(found.sources)}.{only_if}{' ' if who else ''}{who}{contained.sentence}",
        material=tuple(f"administrator:{source}" for source in found.sources),
        details={
            "sources": found.sources,
            "conditions": found.conditions,
            "contained_by": found.contained_by,
            "incident": contained.evidence,
            "undoes_quarantine": [each.action for each in can_undo_quarantine(principal, scene.account)],
            **details,
        },
        severity=severity,
        confidence="medium" if found.conditions else "high",
    )


GRAVE = {
    "cloudtrail", "config", "guardduty", "iam", "kms", "organizations", "secretsmanager", "securityhub", "sso", "sts",
}  # fmt: skip
"""Services that hold identities, keys, secrets, and the record of what happens."""

_MOST_LISTED = 20


@lru_cache(maxsize=4)
def wildcards_of(account_id: str, partition: str) -> ServiceWildcards:
    """What tells the services that principals of an account may change at will."""
    return ServiceWildcards(account_id, partition)


@rule(
    "iam-wildcard-write",
    severity="medium",
    phase="contain",
    subjects=principals,
    apis=_DETAILS,
    controls=(*csf("PR.AA-05"), *well_architected("SEC03-BP02"), *attack(v18="T1098.003")),
    references=(
        _BEST_PRACTICES,
        "https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html",
    ),
)
def iam_wildcard_write(principal: User | Role, scene: Scene[NoParameters]) -> Hit | None:
    """A principal may change everything in a service.

    ## Why
    A wildcard takes in what nobody thought of: deleting, sharing with other accounts, changing the policy of the
    resource, and every action that AWS adds later. Counted are statements that allow, by patterns with a wildcard, on
    everything and without a condition, each action of a service that changes something and could be confined to single
    resources. High for the services that hold identities, keys, secrets, and the record of what happens. Administrators
    have a finding of their own, those that are declared are meant to have it all, and a policy that nobody carries
    grants nothing.

    ## Fix
    List the actions that were used in the last 90 days (last accessed information, or CloudTrail), on the resources
    that the workload owns. Where a wildcard has to stay, confine it to a prefix of names or to a tag.

    ## Breaks
    Whatever uses an action that was forgotten: try the narrow policy on a copy of the role first.

    ## Bad
    ```json
    {"groups": [], "policies": [], "users": [], "roles": [
      {"name": "app", "arn": "arn:aws:iam::111122223333:role/app", "trust": {"Version": "2012-10-17", "Statement": []},
       "inline": [{"name": "queues", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]}}]}]}
    ```

    ## Good
    ```json
    {"groups": [], "policies": [], "users": [], "roles": [
      {"name": "app", "arn": "arn:aws:iam::111122223333:role/app", "trust": {"Version": "2012-10-17", "Statement": []},
       "inline": [{"name": "queues", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Action": "sqs:*", "Resource": "arn:aws:sqs:*:111122223333:app-*"},
         {"Effect": "Allow", "Action": ["sqs:Get*", "sqs:List*"], "Resource": "*"}]}}]}]}
    ```
    """
    if is_told_elsewhere(principal, scene):
        return None
    power = graph_of(scene.account).landscape.power(principal.arn)
    found = wildcards_of(scene.account.account_id, scene.account.partition).of(power)
    settled(power, fails=found is not None)
    if found is None:
        return None
    contained = incident(principal, scene)
    told = _told.of(found.services)
    return Hit(
        f"It may change everything in {told.listed}, by {', '.join(found.policies)}.{contained.sentence}",
        material=told.material,
        details={**told.evidence, "policies": found.policies, "incident": contained.evidence},
        severity="high" if told.is_grave else None,
        confidence=confidence_in(power, certain=True),
    )


class _Told(msgspec.Struct, frozen=True):
    """What is said of some services."""

    listed: str
    material: tuple[str, ...]
    evidence: dict[str, object]
    is_grave: bool


def _tell(services: tuple[Service, ...]) -> _Told:
    found = Reached(services, ())
    is_grave = any(service.prefix in GRAVE for service in services)
    return _Told(_listed(found), tuple(sorted(_material(found))), _services(found), is_grave)


# Principals with the same wildcards share one tuple of services.
_told = Remembered(_tell)


def _listed(found: Reached) -> str:
    """The services in words, the grave ones first."""
    graves = [service for service in found.services if service.prefix in GRAVE]
    ordered = (*graves, *(service for service in found.services if service.prefix not in GRAVE))[:_MOST_LISTED]
    names = [
        service.prefix if service.allowed == service.actions else f"{service.prefix} (but for what is denied)"
        for service in ordered
    ]
    more = len(found.services) - _MOST_LISTED
    return ", ".join(names) + (f" and {more} more services" if more > 0 else "")


def _services(found: Reached) -> dict[str, object]:
    """The services as evidence; of very many those that matter, and which are left out."""
    if not found.is_nearly_all:
        return {"services": [msgspec.to_builtins(service) for service in found.services]}
    graves = [msgspec.to_builtins(service) for service in found.services if service.prefix in GRAVE]
    return {"services": graves, "other_services": len(found.services) - len(graves), "all_but": found.left_out}


def _material(found: Reached) -> set[str]:
    prefixes = {service.prefix for service in found.services}
    return {f"changes:{each}" for each in (prefixes & GRAVE | {"*"} if found.is_nearly_all else prefixes)}


def _telling_roles(account: Account) -> Iterator[Subject[Role] | Unread]:
    """The roles of whose last use was told; where that was left out for some of them, that is said once.

    AWS tells it of every role, used or not. An input that tells it of none knows nothing of last uses, and so of no
    role that this rule could be asked about.
    """
    found = list(roles(account))
    telling = [isinstance(each, Subject) and each.item.tells_use for each in found]
    if any(telling) and not all(telling):
        gap = Gap(_DETAILS[0], "error", reason="the answer does not say when roles were last used")
        yield Unread(account_resource(account), gap)
    yield from (each for each in found if isinstance(each, Unread) or each.item.tells_use)


class RoleUse(NoParameters, frozen=True):
    """Parameters of ``iam-role-unused``: ``days`` is how long a role may go without being assumed."""

    days: NotNegative = 90


@rule(
    "iam-role-unused",
    severity="low",
    phase="eradicate",
    subjects=_telling_roles,
    apis=_DETAILS,
    controls=(*cis(v7="2.11"), *csf("PR.AA-05"), *well_architected("SEC03-BP06"), *attack(v18="T1078.004")),
    references=(
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_manage_delete.html",
    ),
    parameters=RoleUse,
)
def iam_role_unused(role: Role, scene: Scene[RoleUse]) -> Hit | None:
    """Nobody has assumed a role for a long time.

    ## Why
    Nobody would miss it, and nobody would notice its first use by a thief; medium where it is an administrator. AWS
    tells the last use of a role within the last 400 days; where an input does not speak of it, nothing is judged. Which
    of its permissions are used is not looked at yet (the last accessed information of services is not collected).
    Roles that AWS made for its services, and those that are declared to be for emergencies, are left out.

    ## Fix
    Ask the owner; deny it everything for some weeks, then delete it. A role of IAM Identity Center goes with the
    assignment of its permission set.

    ## Breaks
    What runs once a year: mark it as accepted, with the reason. What is for an emergency: declare it as break_glass.

    ## Bad
    ```json
    {"groups": [], "policies": [], "roles": [
      {"name": "old", "arn": "arn:aws:iam::111122223333:role/old", "trust": {"Version": "2012-10-17", "Statement": []},
       "created": "2024-01-01T00:00:00Z", "last_used": "2026-06-01T00:00:00Z"}]}
    ```

    ## Good
    ```json
    {"groups": [], "policies": [], "roles": [
      {"name": "old", "arn": "arn:aws:iam::111122223333:role/old", "trust": {"Version": "2012-10-17", "Statement": []},
       "created": "2024-01-01T00:00:00Z", "last_used": "2026-11-01T00:00:00Z"},
      {"name": "new", "arn": "arn:aws:iam::111122223333:role/new", "trust": {"Version": "2012-10-17", "Statement": []},
       "created": "2026-11-01T00:00:00Z"}]}
    ```
    """
    if is_service_linked(role) or is_named(role.arn, scene.declared.break_glass):
        return None
    since = role.last_used or role.created
    if since is None:
        raise Undetermined(f"the snapshot holds neither the last use of {role.name} nor when it was made")
    idle, limit = scene.at - since, timedelta(days=scene.parameters.days)
    if idle <= limit:
        return None
    is_admin = is_administrator(role, scene.account)
    told = "It was last used" if role.last_used else "No use is known, and it was made"
    return Hit(
        f"{told} {idle.days} days ago; the limit is {limit.days}.{' It is an administrator.' if is_admin else ''}",
        material=("role:unused",),
        details={
            "last_used": role.last_used,
            "last_used_region": role.last_used_region,
            "created": role.created,
            "idle_days": idle.days,
            "administrator": is_admin,
        },
        severity="medium" if is_admin else None,
    )
