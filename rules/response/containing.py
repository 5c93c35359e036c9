"""Whether a stolen administrator can be contained tonight, and by whom."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

import msgspec

from rules.frameworks import attack, csf, well_architected
from rules.principals import resource_part
from rules.response.privileged import require_privileged, revocable_privileged_principals
from rules.response.responders import Responders, responders
from scanner.containment import Containing, can_contain, ways_left
from scanner.containment.headroom import Way, each_way_left
from scanner.containment.responding import contains_alike
from scanner.engine import Hit, NoParameters, Scene, rule
from scanner.iam.escalation.graph import Graph, graph_of
from scanner.iam.powers import Power
from scanner.iam.remembered import Remembered
from scanner.inventory import Account, Role, Undetermined, User, known

_PRIVILEGE = ("iam:GetAccountAuthorizationDetails", "iam:GetCredentialReport", "iam:ListAccessKeys")
_ORGANIZATION = (
    "organizations:DescribeOrganization", "organizations:ListRoots", "organizations:ListAccounts",
    "organizations:ListAccountsForParent", "organizations:ListOrganizationalUnitsForParent",
    "organizations:ListPolicies", "organizations:DescribePolicy", "organizations:ListTargetsForPolicy",
)  # fmt: skip
_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
_BEST = ("yes", "only_if", "no")
_MOST_ASKED = 20
_MOST_NAMED = 5


@rule(
    "response-role-cannot-contain",
    severity="critical",
    phase="contain",
    subjects=revocable_privileged_principals,
    apis=(*_PRIVILEGE, *_ORGANIZATION),
    controls=(*csf("RS.MI-01"), *well_architected("SEC10-BP05"), *attack(v18="T1098.003")),
    references=(f"{_GUIDE}id_roles_use_revoke-sessions.html", f"{_GUIDE}reference_policies_evaluation-logic.html"),
)
def response_role_cannot_contain(principal: User | Role, scene: Scene[NoParameters]) -> Hit | None:
    """A privileged principal can be contained by none of the responders.

    ## Why
    A response role that may edit "all roles" is often kept from the very ones that matter: by its boundary, by a
    condition on paths or tags, by a service control policy that protects administrators. That is found out when the
    call is refused, while the thief works. Asked is, for every administrator and everybody who can become one, whether
    one of the response roles may put a Deny of everything on this principal in a form for which there is room, and may
    deactivate its keys. Critical where none may; medium where that hangs on a condition, or where only the keys cannot
    be deactivated. A condition on MFA is told too: the session of a role carries no sign of it. Where no response role
    is declared or recognised, any other administrator counts. Medium for a response role itself, which is often denied
    changes of itself.

    ## Fix
    Allow the response role iam:PutRolePolicy, iam:PutUserPolicy and iam:UpdateAccessKey on this ARN, and exempt it by
    aws:PrincipalArn from the Deny that the message names.

    ## Breaks
    Nothing; but whoever holds the response role can then become this principal.

    ## Bad
    ```json
    {"users": [], "groups": [], "policies": [], "organization": {"membership": null}, "roles": [
      {"name": "admin", "arn": "arn:aws:iam::111122223333:role/admin", "trust": {"Version": "2012-10-17",
        "Statement": []}, "inline": [{"name": "all", "document": {"Version": "2012-10-17", "Statement": [
          {"Effect": "Allow", "Action": "*", "Resource": "*"}]}}]}]}
    ```

    ## Good
    ```json
    {"users": [], "groups": [], "policies": [], "organization": {"membership": null}, "roles": [
      {"name": "admin", "arn": "arn:aws:iam::111122223333:role/admin", "trust": {"Version": "2012-10-17",
        "Statement": []}, "inline": [{"name": "all", "document": {"Version": "2012-10-17", "Statement": [
          {"Effect": "Allow", "Action": "*", "Resource": "*"}]}}]},
      {"name": "responder", "arn": "arn:aws:iam::111122223333:role/responder",
       "trust": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "sts:AssumeRole",
          "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}]},
       "inline": [{"name": "contain", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Resource": "*",
          "Action": ["iam:PutRolePolicy", "iam:PutUserPolicy", "iam:UpdateAccessKey"]}]}}]}]}
    ```
    """
    require_privileged(principal, scene.account)
    judged = responders(scene)
    able = _able.of(judged).who(principal, scene) if judged.roles else None
    if able is not None:
        _refuse_unknown(able)
        return None
    found = sorted(
        _containing(principal, scene), key=lambda each: (_BEST.index(each.verdict), each.unknown is not None)
    )
    best = next((each for each in found if each.verdict != "no"), None)
    if best is None or best.verdict == "only_if":
        # What was not read of a responder could allow more; boundaries and an organization's policies could not.
        for each in found:
            if each.unknown is not None and _power(each, scene.account).unread:
                raise each.unknown.with_traceback(None)
        return _nobody(principal, found, scene) if best is None else _with_limits(best, principal, scene.account)
    if best.keys is not None and best.keys.verdict != "yes" and _has_keys(principal, scene.account):
        return _with_limits(best, principal, scene.account)
    _refuse_unknown(best)
    return None


def _refuse_unknown(best: Containing) -> None:
    if best.unknown is not None:
        # It is the same for thousands, and would remember the way of each of them.
        raise best.unknown.with_traceback(None)


@dataclass(eq=False)
class _Able:
    """What the first response role can do, where it can contain all of a kind that have room for the same way."""

    judged: Responders
    _known: dict[tuple[type, Way | None], Containing | None] = field(default_factory=dict)

    def who(self, principal: User | Role, scene: Scene[NoParameters]) -> Containing | None:
        """The answer; None where it has to be asked about this principal."""
        key = type(principal), next(each_way_left(principal, scene.account), None)
        if key not in self._known:
            first = self.judged.roles[0]
            found = contains_alike(first, type(principal), key[1], scene.account)
            is_last = found is not None and _is_able(found, scene.account)
            self._known[key] = found if is_last else None
        return self._known[key]


# What is asked about thousands of principals depends on few things about them.
_able = Remembered(_Able, most=2)


def _containing(principal: User | Role, scene: Scene[NoParameters]) -> Iterator[Containing]:
    """What each responder can do, until one can do everything."""
    judged = responders(scene)
    if judged.unclear and not judged.roles:
        raise Undetermined(judged.unclear)
    candidates = judged.roles or _administrators(principal, scene.account)
    for asked, responder in enumerate(candidates):
        if asked == _MOST_ASKED:
            who = "response roles" if judged.roles else "administrators"
            raise Undetermined(f"none of the first {asked} {who} can contain it; the others were not asked")
        found = can_contain(responder, principal, scene.account, scene.at)
        yield found
        if _is_able(found, scene.account):
            return


def _is_able(found: Containing, account: Account) -> bool:
    """Whether a responder can do everything, whatever was not read of its policies."""
    power = _power(found, account)
    able = found.verdict == "yes" and (found.keys is None or found.keys.verdict == "yes")
    return able and not power.unread and not power.unread_boundary


def _administrators(but: User | Role, account: Account) -> Iterator[User | Role]:
    return (each for each in _all_administrators(graph_of(account)) if each.arn != but.arn)


@lru_cache(maxsize=2)
def _all_administrators(graph: Graph) -> tuple[User | Role, ...]:
    places = (at for at in sorted(graph.administrations) if graph.principals >> at & 1)
    found = (graph.nodes[at].power.caller.principal for at in places)
    return tuple(each for each in found if each is not None)


def _power(found: Containing, account: Account) -> Power:
    return graph_of(account).landscape.power(found.responder)


def _has_keys(principal: User | Role, account: Account) -> bool:
    """Whether a user has an active key.

    Raises:
        Undetermined: the keys were not read.
    """
    if isinstance(principal, Role):
        return False
    holders = known(account.access_keys)
    keys = next((known(each.keys) for each in holders if each.user == principal.name), ())
    return any(key.is_active for key in keys)


def _nobody(principal: User | Role, found: list[Containing], scene: Scene[NoParameters]) -> Hit:
    asked = [resource_part(each.responder) for each in found]
    reasons = dict.fromkeys(f"{each.stopping.action}: {each.stopping.reason}" for each in found if each.stopping)
    who = f"None of {', '.join(asked[:_MOST_NAMED])}" if asked else "Nobody else in the account"
    full = "" if "inline policy" in ways_left(principal, scene.account) else " An inline policy does not fit into it."
    return Hit(
        f"{who} can contain it.{full} {' '.join(list(reasons)[:3])}".strip(),
        material=("containment:nobody",),
        details={"principal": principal.arn, "responders": [_told(each) for each in found[:_MOST_NAMED]]},
        severity="medium" if any(principal.arn == role.arn for role in responders(scene).roles) else None,
    )


def _with_limits(best: Containing, principal: User | Role, account: Account) -> Hit:
    name = resource_part(best.responder)
    calls = [each for each in (best.stopping,) if each is not None and each.verdict != "yes"]
    if best.keys is not None and best.keys.verdict != "yes" and _has_keys(principal, account):
        calls.append(best.keys)
    told = [
        f"{name} may call {call.action} on it only if {'; '.join(call.conditions)}."
        if call.verdict == "only_if"
        else f"{name} may not call {call.action} on it, so that a leaked key stays active behind the Deny."
        for call in calls
    ]
    return Hit(
        " ".join(told),
        material=tuple(f"containment:{call.does}:{call.verdict}" for call in calls),
        details={"responders": [_told(best)]},
        severity="medium",
    )


def _told(found: Containing) -> dict[str, object]:
    means = {"stopping": found.stopping, "keys": found.keys}
    return {"responder": found.responder, **{name: msgspec.to_builtins(each) for name, each in means.items()}}
