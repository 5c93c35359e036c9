"""Who can take the response role away before it is needed, or take it over."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import msgspec

from rules.frameworks import attack, csf, well_architected
from rules.principals import is_service_linked, resource_part
from rules.response.responders import responders
from scanner.containment import scps_in_force
from scanner.engine import Hit, NoParameters, Scene, rule
from scanner.engine.subjects import the_account
from scanner.iam.administrator import administration_by, probes_of
from scanner.iam.escalation.population import Population
from scanner.iam.escalation.reach import Reach
from scanner.iam.evaluation import decide
from scanner.iam.grants import interest
from scanner.iam.powers import Power, power_of
from scanner.iam.request import Policies, Request
from scanner.iam.sources import policies_of
from scanner.inventory import Account, Role, Undetermined, User, known

_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
_MOST_NAMED = 10
_MOST_ASKED = 20
_OF_ROLES = (
    "iam:AttachRolePolicy", "iam:DeleteRolePermissionsBoundary", "iam:DeleteRolePolicy", "iam:DetachRolePolicy",
    "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy",
)  # fmt: skip
_OF_POLICIES = ("iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion")


class Edit(msgspec.Struct, frozen=True, order=True):
    """That a principal can change a response role.

    Attributes:
        on: the ARN of the role, or of a policy that it holds.
        certain: whether nothing is left open.
    """

    principal: str
    action: str
    on: str
    certain: bool


@rule(
    "response-role-editable",
    severity="high",
    phase="contain",
    subjects=the_account,
    apis=("iam:GetAccountAuthorizationDetails",),
    controls=(*csf("RS.MI-01"), *well_architected("SEC10-BP05"), *attack(v18="T1531")),
    references=(f"{_GUIDE}access_policies_boundaries.html", f"{_GUIDE}id_roles_update-role-trust-policy.html"),
)
def response_role_editable(account: Account, scene: Scene[NoParameters]) -> Hit | None:
    """Others than administrators can change the role for containment.

    ## Why
    A thief who may edit the response role shuts the responders out before they come: takes its policies away, puts a
    Deny or a boundary on it, or drops them from its trust policy. Or he lets himself in, and has a role that can become
    anybody. Asked is, on the role and on the policies of this account that it holds, every action that changes them.
    Left out are administrators, who have findings of their own, the response roles themselves, and what is declared for
    emergencies. Service control policies are minded where they were collected.

    ## Fix
    Deny these actions on the response role to everybody but the pipeline that makes it, by a service control policy on
    its ARN, or confine the principals that are named to roles of another path.

    ## Breaks
    Tools that manage every role of the account: exempt this one from them.

    ## Bad
    ```json
    {"users": [], "groups": [], "policies": [], "roles": [
      {"name": "app", "arn": "arn:aws:iam::111122223333:role/app", "trust": {"Version": "2012-10-17", "Statement": []},
       "inline": [{"name": "roles", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Action": "iam:DeleteRolePolicy", "Resource": "*"}]}}]},
      {"name": "responder", "arn": "arn:aws:iam::111122223333:role/responder",
       "trust": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "sts:AssumeRole",
          "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}]},
       "inline": [{"name": "contain", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Resource": "*",
          "Action": ["iam:PutRolePolicy", "iam:PutUserPolicy", "iam:UpdateAccessKey"]}]}}]}]}
    ```

    ## Good
    ```json
    {"users": [], "groups": [], "policies": [], "roles": [
      {"name": "app", "arn": "arn:aws:iam::111122223333:role/app", "trust": {"Version": "2012-10-17", "Statement": []},
       "inline": [{"name": "roles", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Action": "iam:DeleteRolePolicy", "Resource": "arn:aws:iam::*:role/app-*"}]}}]},
      {"name": "responder", "arn": "arn:aws:iam::111122223333:role/responder",
       "trust": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "sts:AssumeRole",
          "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}]},
       "inline": [{"name": "contain", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Resource": "*",
          "Action": ["iam:PutRolePolicy", "iam:PutUserPolicy", "iam:UpdateAccessKey"]}]}}]}]}
    ```
    """
    judged = responders(scene)
    powers = _powers_of_others(judged.roles, scene)
    roles = judged.roles[:_MOST_ASKED]
    able = [power for power in powers if power.potential & _every() and not power.unread_boundary]
    reach = Reach(Population(sorted({target for role in roles for target in (role.arn, *_own_policies(role))})))
    found = sorted(edit for role in roles for power in able for edit in _edits(power, role, account, reach))
    if found:
        return _hit(found, is_known=scps_in_force(account) is not None)
    if judged.unclear:
        raise Undetermined(judged.unclear)
    if len(judged.roles) > len(roles):
        raise Undetermined(f"nobody can change the first {len(roles)} response roles; the others were not asked about")
    if roles:
        known(account.users)
        for power in powers:
            if power.unread:
                raise Undetermined(power.unread[0])
            if power.unread_boundary and any(any(_edits(power, role, account, reach)) for role in roles):
                raise Undetermined(power.unread_boundary)
    return None


def _principals(account: Account) -> Iterator[User | Role]:
    for part in (account.users, account.roles):
        if isinstance(part, tuple):
            yield from part


def _powers_of_others(roles: tuple[Role, ...], scene: Scene[NoParameters]) -> list[Power]:
    """What those hold who could change a role by what was read, or by what was not; most principals do not."""
    policies, every = policies_of(scene.account), _every()
    held = [(each, power_of(each, policies)) for each in _principals(scene.account)]
    return [
        power
        for each, power in held
        if (power.potential & every or power.unread or power.unread_boundary) and not _is_left_out(each, roles, scene)
    ]


def _is_left_out(principal: User | Role, roles: tuple[Role, ...], scene: Scene[NoParameters]) -> bool:
    if is_service_linked(principal) or any(role.arn == principal.arn for role in roles):
        return True
    if scene.declared.may_administrate(principal.arn):
        return True
    power = power_of(principal, policies_of(scene.account))
    return administration_by(power, probes_of(scene.account)) is not None


@cache
def _every() -> int:
    return interest().mask((*_OF_ROLES, *_OF_POLICIES))


def _own_policies(role: Role) -> tuple[str, ...]:
    """The policies of this account that a role holds."""
    return tuple(each.arn for each in role.attached if ":iam::aws:" not in each.arn)


def _edits(power: Power, role: Role, account: Account, reach: Reach) -> Iterator[Edit]:
    """How a principal can change a role, by the first action of each kind that is allowed."""
    if not power.potential & _every():
        return
    for actions, targets in ((_OF_ROLES, (role.arn,)), (_OF_POLICIES, _own_policies(role))):
        for target in targets:
            asked = ((action, _decided(power, action, target, account, reach)) for action in actions)
            allowed = [(action, certain) for action, certain in asked if certain is not None]
            if allowed:
                action, certain = min(allowed, key=lambda each: not each[1])
                yield Edit(power.caller.arn, action, target, certain)


def _decided(power: Power, action: str, target: str, account: Account, reach: Reach) -> bool | None:
    """Whether an action is surely allowed; None where it is not."""
    # Without the organization's policies, which can only restrict, many principals share one answer for all targets.
    found = reach.of(power, action, {"aws:resourceaccount": (account.account_id,)})
    bit = reach.population.bit(target)
    if not found.possible & bit:
        return None
    if found.certain & bit and not scps_in_force(account):
        return True
    return _decided_by_all(power, action, target, account)


def _decided_by_all(power: Power, action: str, target: str, account: Account) -> bool | None:
    context = power.caller.context.with_request({"aws:resourceaccount": (account.account_id,)})
    policies = Policies(
        identity=power.sources,
        boundary=power.boundary,
        scps=scps_in_force(account),
        resource_is_known=True,
        resource_account=account.account_id,
    )
    decision = decide(Request(power.caller, action, target, context), policies).decision
    return None if decision == "no" else decision == "yes"


def _hit(found: list[Edit], *, is_known: bool) -> Hit:
    by_whom: dict[str, list[str]] = {}
    for edit in found:
        by_whom.setdefault(resource_part(edit.principal), []).append(f"{edit.action} on {resource_part(edit.on)}")
    shown = list(by_whom)[:_MOST_NAMED]
    more = f" And {len(by_whom) - len(shown)} more principals." if len(by_whom) > len(shown) else ""
    return Hit(
        " ".join(f"{name} may call {', '.join(by_whom[name])}." for name in shown) + more,
        material=tuple(sorted({f"edits:{edit.principal}" for edit in found})),
        details={"edits": [msgspec.to_builtins(edit) for edit in found[:100]], "principals": len(by_whom)}
        | ({} if is_known else {"assumed": "no service control policy denies it"}),
        confidence="high" if is_known and any(edit.certain for edit in found) else "medium",
    )
