"""Evasion: how principals go unseen, or keep what they have when somebody contains them."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from rules.frameworks import attack, csf, well_architected
from rules.principals import (
    confidence_in,
    is_administrator,
    is_service_linked,
    is_told_elsewhere,
    principals,
    resource_part,
    settled,
)
from rules.response.incident import incident
from scanner.containment import can_undo_quarantine, scps_in_force
from scanner.engine import Hit, NoParameters, Scene, rule
from scanner.engine.subjects import roles
from scanner.iam.escalation.chains import chains_of
from scanner.iam.escalation.graph import graph_of
from scanner.iam.escalation.silencing import Silenced, silencing_of
from scanner.inventory import NotCollected, Role, Undetermined, User

_DETAILS = ("iam:GetAccountAuthorizationDetails",)
_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
_POLICIES_OF_ORGANIZATIONS = (
    "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_examples.html"
)
_MOST_NAMED = 10
_LISTED = frozenset({"CloudTrail", "GuardDuty"})
"""Parts of detection of which the account tells what it has, where that was read."""


@rule(
    "iam-can-stop-detection",
    severity="high",
    phase="detect",
    subjects=principals,
    apis=(
        *_DETAILS,
        "cloudtrail:DescribeTrails",
        "guardduty:ListDetectors",
        "events:ListRules",
        "events:ListTargetsByRule",
    ),
    controls=(*csf("PR.AA-05", "DE.CM-09"), *well_architected("SEC04-BP01"), *attack(v18="T1562.008", v19="T1685.002")),
    references=(
        "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/best-practices-security.html",
        _POLICIES_OF_ORGANIZATIONS,
    ),
)
def iam_can_stop_detection(principal: User | Role, scene: Scene[NoParameters]) -> Hit | None:
    """A principal that is no administrator can stop logging or detection.

    ## Why
    The first thing that a careful thief does is to switch off what would tell of the rest. Asked are the actions after
    which nothing more is recorded, found or told: of trails and detectors of the account where these are known, of
    its rules and topics for alerts, and of Config and Security Hub. Whether alerts can be stopped is unknown where the
    rules and topics were not read. Administrators can do it too, and have a finding of their own; those that are
    declared are meant to be able to.

    ## Fix
    Keep these actions for the pipeline that sets up logging, and deny them to everybody else by a service control
    policy, which administrators of the account cannot lift.

    ## Breaks
    Tools that manage trails, detectors or rules in this account: exempt their role by aws:PrincipalArn.

    ## Bad
    ```json
    {"groups": [], "policies": [], "users": [], "roles": [
      {"name": "ops", "arn": "arn:aws:iam::111122223333:role/ops", "trust": {"Version": "2012-10-17", "Statement": []},
       "inline": [{"name": "ops", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Action": ["cloudtrail:*", "ec2:*"], "Resource": "*"}]}}]}]}
    ```

    ## Good
    ```json
    {"groups": [], "policies": [], "users": [], "roles": [
      {"name": "ops", "arn": "arn:aws:iam::111122223333:role/ops", "trust": {"Version": "2012-10-17", "Statement": []},
       "inline": [{"name": "ops", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Action": ["cloudtrail:*", "ec2:*"], "Resource": "*"},
         {"Effect": "Deny", "Resource": "*",
          "Action": ["cloudtrail:Stop*", "cloudtrail:Delete*", "cloudtrail:Put*", "cloudtrail:Update*"]}]}}]}]}
    ```
    """
    if is_told_elsewhere(principal, scene):
        return None
    silencing = silencing_of(scene.account)
    power = silencing.graph.landscape.power(principal.arn)
    found = silencing.by(power)
    settled(power, fails=bool(found))
    if not found:
        missing = silencing.unknown(power)
        if missing is not None:
            raise NotCollected(missing)
        return None
    contained = incident(principal, scene)
    supposed = sorted({each.what for each in found if each.what in _LISTED and not each.exists})
    return Hit(
        f"It can stop {_by_part(found)}.{contained.sentence}",
        material=tuple(f"stops:{each.action}" for each in found),
        details={
            "stops": [msgspec.to_builtins(each) for each in found],
            "incident": contained.evidence,
            **({"assumed": f"the account has {' and '.join(supposed)}"} if supposed else {}),
        },
        confidence=confidence_in(power, certain=any(each.certain and each.what not in supposed for each in found)),
    )


def _by_part(found: Iterable[Silenced]) -> str:
    parts: dict[str, list[str]] = {}
    for each in found:
        parts.setdefault(each.what, []).append(each.action.partition(":")[2])
    return "; ".join(f"{what} ({', '.join(actions)})" for what, actions in parts.items())


@rule(
    "iam-can-undo-own-quarantine",
    severity="medium",
    phase="contain",
    subjects=principals,
    apis=_DETAILS,
    controls=(*csf("RS.MI-01"), *well_architected("SEC03-BP02"), *attack(v18="T1098.003")),
    references=(
        f"{_GUIDE}id_roles_use_revoke-sessions.html",
        f"{_GUIDE}troubleshoot_general.html",
        _POLICIES_OF_ORGANIZATIONS,
    ),
)
def iam_can_undo_own_quarantine(principal: User | Role, scene: Scene[NoParameters]) -> Hit | None:
    """A principal that is no administrator can undo its own quarantine.

    ## Why
    IAM takes seconds to spread a Deny. Until then a thief who may change the policies or the boundary of the very
    principal that is stolen takes the Deny off again, in a loop, as fast as it is put there. A service control policy
    that keeps the principal from it counts where the organization's policies were collected. Administrators can do it
    too; their finding says so. Nothing can be put on the roles of services and of IAM Identity Center in IAM, so there
    is nothing to undo.

    ## Fix
    Contain it by a service control policy, which nobody in the account can lift. Before that: take these actions away,
    or deny them by a service control policy for everybody but the role of the responders.

    ## Breaks
    Tools that manage their own role; let them manage others, under another role.

    ## Bad
    ```json
    {"groups": [], "policies": [], "roles": [], "users": [
      {"name": "ci", "arn": "arn:aws:iam::111122223333:user/ci", "inline": [
        {"name": "self", "document": {"Version": "2012-10-17", "Statement": [
          {"Effect": "Allow", "Action": "iam:DeleteUserPolicy",
           "Resource": "arn:aws:iam::*:user/${aws:username}"}]}}]}]}
    ```

    ## Good
    ```json
    {"groups": [], "policies": [], "roles": [], "users": [
      {"name": "ci", "arn": "arn:aws:iam::111122223333:user/ci", "inline": [
        {"name": "others", "document": {"Version": "2012-10-17", "Statement": [
          {"Effect": "Allow", "Action": "iam:DeleteUserPolicy", "Resource": "arn:aws:iam::*:user/app-*"}]}}]}]}
    ```
    """
    if is_service_linked(principal) or is_administrator(principal, scene.account):
        return None
    if scene.declared.may_respond(principal.arn):
        return None
    power = graph_of(scene.account).landscape.power(principal.arn)
    found = can_undo_quarantine(principal, scene.account)
    settled(power, fails=bool(found))
    if not found:
        return None
    contained = incident(principal, scene)
    is_known = scps_in_force(scene.account) is not None
    forms = ", ".join(dict.fromkeys(each.undoes for each in found))
    actions = ", ".join(each.action for each in found)
    return Hit(
        f"It can take off what contains it ({forms}), by {actions}.{contained.sentence}",
        material=tuple(f"undoes:{each.action}" for each in found),
        details={
            "undoing": [msgspec.to_builtins(each) for each in found],
            "incident": contained.evidence,
            **({} if is_known else {"assumed": "no service control policy denies it"}),
        },
        confidence=confidence_in(power, certain=is_known and any(not each.conditions for each in found)),
    )


@rule(
    "iam-role-cycle",
    severity="medium",
    phase="contain",
    subjects=roles,
    apis=_DETAILS,
    controls=(*csf("PR.AA-05"), *well_architected("SEC03-BP02"), *attack(v18="T1550.001")),
    references=(f"{_GUIDE}id_roles.html", f"{_GUIDE}id_roles_use_revoke-sessions.html"),
)
def iam_role_cycle(role: Role, scene: Scene[NoParameters]) -> Hit | None:
    """A role can be assumed again and again, by itself or in a circle of roles.

    ## Why
    A chained session ends after an hour, but one that leads back to its role starts a new one: the thief renews it for
    ever. Revoking the sessions of one role is not enough, since those of the others bring new ones. Nothing is said of
    an administrator that leads to itself alone: its own finding weighs more.

    ## Fix
    Take the role out of its own trust policy, or take sts:AssumeRole on the next role from one role of the circle.
    Until then revoke the roles of a circle together, with the same time.

    ## Breaks
    Programs that assume the role in which they already run; let them use the credentials that they have.

    ## Bad
    ```json
    {"users": [], "groups": [], "policies": [], "roles": [
      {"name": "a", "arn": "arn:aws:iam::111122223333:role/a", "trust": {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/b"}, "Action": "sts:AssumeRole"}]}},
      {"name": "b", "arn": "arn:aws:iam::111122223333:role/b", "trust": {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/a"}, "Action": "sts:AssumeRole"}]}}]}
    ```

    ## Good
    ```json
    {"users": [], "groups": [], "policies": [], "roles": [
      {"name": "a", "arn": "arn:aws:iam::111122223333:role/a", "trust": {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/b"}, "Action": "sts:AssumeRole"}]}},
      {"name": "b", "arn": "arn:aws:iam::111122223333:role/b", "trust": {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}}]}
    ```
    """
    graph = graph_of(scene.account)
    power = graph.landscape.power(role.arn)
    circle = chains_of(scene.account).circle(role.arn)
    settled(power, fails=circle is not None)
    if circle is None:
        unread = chains_of(scene.account).unread_after(role.arn)
        if unread is not None:
            raise Undetermined(unread)
        return None
    others = [arn for arn in circle.roles if arn != role.arn]
    if not others and is_administrator(role, scene.account):
        return None
    shown = others[:_MOST_NAMED]
    more = f" and {len(others) - len(shown)} more" if len(others) > len(shown) else ""
    by_way = f"again by way of {', '.join(map(resource_part, shown))}{more}" if others else "by itself"
    contained = incident(role, scene)
    return Hit(
        f"It can be assumed {by_way}, so that a session of it never has to end.{contained.sentence}",
        material=tuple(f"renewed-by:{arn}" for arn in shown or [role.arn]),
        details={"by_way_of": shown, "other_roles": len(others), "incident": contained.evidence},
        confidence=confidence_in(power, certain=role.arn in circle.certain),
    )
