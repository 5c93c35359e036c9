"""Administration that lies ready: groups without members, and policies that nobody carries."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from rules.frameworks import attack, cis, csf, well_architected
from scanner.engine import Hit, NoParameters, Scene, Subject, Unread, rule
from scanner.findings import Resource
from scanner.iam.administrator import Administration, administration, administration_by, probes_of
from scanner.iam.documents import parse
from scanner.iam.grants import extract
from scanner.iam.powers import read_power
from scanner.iam.sources import Source, name_at_aws, policies_of
from scanner.inventory import Account, Document, Group, ManagedPolicy, PolicyVersion, Undetermined, User, known
from scanner.shell import command, option

_DETAILS = ("iam:GetAccountAuthorizationDetails",)
_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
_CONTROLS = (*csf("PR.AA-05"), *well_architected("SEC03-BP02"), *attack(v18="T1098.003"))


def groups(account: Account) -> Iterator[Subject[Group] | Unread]:
    """Every group."""
    for group in known(account.groups):
        yield Subject(Resource(group.arn, "AWS::IAM::Group", group.name, account.account_id), group)


def own_policies(account: Account) -> Iterator[Subject[ManagedPolicy] | Unread]:
    """Every customer-managed policy."""
    for policy in known(account.policies):
        if name_at_aws(policy.arn) is None:
            yield Subject(Resource(policy.arn, "AWS::IAM::ManagedPolicy", policy.name, account.account_id), policy)


@rule(
    "iam-group-admin",
    severity="medium",
    phase="contain",
    subjects=groups,
    apis=_DETAILS,
    controls=(*cis(v7="2.14", v5="1.15"), *_CONTROLS),
    references=(f"{_GUIDE}best-practices.html", f"{_GUIDE}id_groups.html"),
)
def iam_group_admin(group: Group, scene: Scene[NoParameters]) -> Hit | None:
    """A group without members makes whoever is put into it an administrator.

    ## Why
    One call of iam:AddUserToGroup, and somebody who was harmless has everything; nobody misses the group today, and
    nobody looks at it. A group with members is told by the findings of its users, whose policies are judged together.
    A group that is declared to be for administrators or for emergencies is meant to lie ready.

    ## Fix
    Delete the group, or take the policy from it until it is needed.

    ## Breaks
    Nothing at present. If it is kept for an emergency, declare it.

    ## Bad
    ```json
    {"policies": [], "users": [], "groups": [
      {"name": "ops", "arn": "arn:aws:iam::111122223333:group/ops", "inline": [
        {"name": "all", "document": {"Version": "2012-10-17", "Statement": [
          {"Effect": "Allow", "Action": "*", "Resource": "*"}]}}]}]}
    ```

    ## Good
    ```json
    {"policies": [], "users": [], "groups": [
      {"name": "ops", "arn": "arn:aws:iam::111122223333:group/ops", "inline": [
        {"name": "read", "document": {"Version": "2012-10-17", "Statement": [
          {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}}]}]}
    ```
    """
    if scene.declared.may_administrate(group.arn):
        return None
    # No user has this ARN, so that nothing is known of the one who joins but the group.
    joining = User(name="joining", arn=f"{group.arn}#member", groups=(group.name,))
    found = administration(joining, scene.account)
    if found is None or any(group.name in user.groups for user in known(scene.account.users)):
        return None
    only_if = f" It depends on {', '.join(found.conditions)}." if found.conditions else ""
    return Hit(
        f"It has no members, and its policies allow everything, by {', '.join(found.sources)}.{only_if}",
        material=tuple(f"administrator:{source}" for source in found.sources),
        details={"sources": found.sources, "conditions": found.conditions},
        confidence="medium" if found.conditions else "high",
    )


@rule(
    "iam-policy-unattached-admin",
    severity="medium",
    phase="contain",
    subjects=own_policies,
    apis=_DETAILS,
    controls=_CONTROLS,
    references=(f"{_GUIDE}access_policies_managed-versioning.html", f"{_GUIDE}best-practices.html"),
)
def iam_policy_unattached_admin(policy: ManagedPolicy, scene: Scene[NoParameters]) -> Hit | None:
    """A policy that nobody carries makes whoever gets it an administrator.

    ## Why
    It is one call from being used: iam:AttachUserPolicy for a policy with a harmless name is what reviews overlook, and
    a Deny or a guardrail that names AdministratorAccess does not meet it. Low where only an old version allows
    everything: it takes iam:SetDefaultPolicyVersion as well. A policy that somebody carries is told by the findings of
    the principals, and one that serves as a permissions boundary grants nothing.

    ## Fix
    Delete the policy, or the version.

    ## Breaks
    Templates that attach it to new principals; look for its ARN in them.

    ## Bad
    ```json
    {"groups": [], "users": [], "roles": [], "policies": [
      {"name": "tmp", "arn": "arn:aws:iam::111122223333:policy/tmp", "versions": [
        {"id": "v1", "is_default": true, "document": {"Version": "2012-10-17", "Statement": [
          {"Effect": "Allow", "Action": "*", "Resource": "*"}]}}]}]}
    ```

    ## Good
    ```json
    {"groups": [], "users": [], "roles": [], "policies": [
      {"name": "cap", "arn": "arn:aws:iam::111122223333:policy/cap", "boundary_uses": 3, "versions": [
        {"id": "v1", "is_default": true, "document": {"Version": "2012-10-17", "Statement": [
          {"Effect": "Allow", "Action": "*", "Resource": "*"}]}}]}]}
    ```
    """
    if policy.attachments or policy.boundary_uses:
        return None
    found = [(each, made) for each in policy.versions if (made := _administering(each.document, scene.account))]
    if not found:
        for each in policy.versions:
            problems = parse(each.document).problems
            if problems:
                raise Undetermined(f"version {each.id} of {policy.name} is malformed: {problems[0]}")
        return None
    if _is_carried(policy, scene.account):
        return None
    in_force = [(each, made) for each, made in found if each.is_default]
    version, made = (in_force or found)[0]
    only_if = f" It depends on {', '.join(made.conditions)}." if made.conditions else ""
    which = "It" if in_force else f"Its old version {version.id}"
    return Hit(
        f"{which} allows everything, and nobody carries it.{only_if}",
        material=("administrator:default",) if in_force else ("administrator:old-version",),
        details={"versions": [each.id for each, _ in found], "conditions": made.conditions},
        severity=None if in_force else "low",
        confidence="medium" if made.conditions else "high",
        commands=_deleting(policy, [each.id for each, _ in found], whole=bool(in_force)),
        undo=_restoring(policy, [each.id for each, _ in found], whole=bool(in_force)),
    )


def _deleting(policy: ManagedPolicy, versions: list[str], *, whole: bool) -> tuple[str, ...]:
    """The commands that delete the versions; a policy goes only after all its versions but the default one."""
    gone = [each.id for each in policy.versions if not each.is_default and (whole or each.id in versions)]
    found = [
        command("aws", "iam", "delete-policy-version", "--policy-arn", policy.arn, "--version-id", each)
        for each in gone
    ]
    return (*found, command("aws", "iam", "delete-policy", "--policy-arn", policy.arn)) if whole else tuple(found)


def _restoring(policy: ManagedPolicy, versions: list[str], *, whole: bool) -> tuple[str, ...]:
    """The commands that bring back what was deleted, by the collected documents; versions get new numbers."""
    gone = [each for each in policy.versions if not each.is_default and (whole or each.id in versions)]
    found = [
        " ".join((command("aws", "iam", "create-policy-version", "--policy-arn", policy.arn), _document(each)))
        for each in gone
    ]
    default = next((each for each in policy.versions if each.is_default), None)
    if not whole or default is None:
        return tuple(found)
    path = policy.arn.partition(":policy")[2][: -len(policy.name)]
    placed = (option("--path", path),) if path not in ("", "/") else ()
    words = (command("aws", "iam", "create-policy"), option("--policy-name", policy.name), *placed, _document(default))
    return (" ".join(words), *found)


def _document(version: PolicyVersion) -> str:
    return option("--policy-document", msgspec.json.encode(msgspec.json.decode(version.document)).decode())


def _administering(document: Document, account: Account) -> Administration | None:
    """How a document alone makes an administrator of whoever carries it."""
    parsed, probes = parse(document), probes_of(account)
    if not extract(parsed).potential & probes.changing:
        return None
    nobody = User(name="nobody", arn=f"arn:{account.partition}:iam::{account.account_id}:user/nobody")
    alone = read_power(nobody, policies_of(account)).with_source(Source("identity", "the policy", parsed))
    return administration_by(alone, probes)


def _is_carried(policy: ManagedPolicy, account: Account) -> bool:
    """Whether somebody carries it though it says otherwise; inputs other than AWS's own may leave the count out."""
    lists = (known(account.users), known(account.groups), known(account.roles))
    return any(
        attached.arn == policy.arn for holders in lists for holder in holders for attached in holder.attached
    ) or any(holder.boundary == policy.arn for holders in (lists[0], lists[2]) for holder in holders)
