"""Who may assume any role that lets it in."""

from __future__ import annotations

from itertools import islice

from rules.frameworks import attack, csf, well_architected
from rules.least_privilege.standing import held_on_everything, is_told_by_wildcard
from rules.principals import confidence_in, is_told_elsewhere, principals, resource_part, settled
from rules.response.incident import incident
from scanner.engine import Hit, NoParameters, Scene, rule
from scanner.findings import Severity
from scanner.iam.escalation.graph import Graph, graph_of
from scanner.iam.escalation.population import places
from scanner.iam.escalation.trusting import ASSUME
from scanner.iam.powers import Power
from scanner.inventory import Role, User

_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
_ROLE = "iam::{account}:role/{name}"
_MOST_NAMED = 10


@rule(
    "iam-can-assume-any-role",
    severity="high",
    phase="contain",
    subjects=principals,
    apis=("iam:GetAccountAuthorizationDetails",),
    controls=(*csf("PR.AA-05"), *well_architected("SEC03-BP02"), *attack(v18="T1550.001")),
    references=(f"{_GUIDE}id_roles_use_permissions-to-switch.html", f"{_GUIDE}best-practices.html"),
)
def iam_can_assume_any_role(principal: User | Role, scene: Scene[NoParameters]) -> Hit | None:
    """A principal may assume every role that lets it in.

    ## Why
    With sts:AssumeRole on everything it is the trust policies alone that keep a thief out, and most of them trust the
    whole account. It takes in every role that is made tomorrow, and those of other accounts that trust this one. The
    roles of this account that admit it at present are named, administrators first; medium where there is none. Whoever
    can become an administrator that way has the finding of escalation as well. Administrators, declared or found, are
    passed over, and so is who may do everything in sts, or nearly everywhere, by a wildcard.

    ## Fix
    Name the roles in the policy, or a path or prefix that only such roles have. Let roles with great rights name in
    their trust policy who may come, instead of the account.

    ## Breaks
    Tools that assume roles which nobody wrote down: look for AssumeRole events of this principal in CloudTrail.

    ## Bad
    ```json
    {"groups": [], "policies": [], "users": [
      {"name": "ci", "arn": "arn:aws:iam::111122223333:user/ci", "inline": [
        {"name": "assume", "document": {"Version": "2012-10-17", "Statement": [
          {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}]}}]}],
     "roles": [{"name": "app", "arn": "arn:aws:iam::111122223333:role/app", "trust": {"Version": "2012-10-17",
       "Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
         "Action": "sts:AssumeRole"}]}}]}
    ```

    ## Good
    ```json
    {"groups": [], "policies": [], "users": [
      {"name": "ci", "arn": "arn:aws:iam::111122223333:user/ci", "inline": [
        {"name": "assume", "document": {"Version": "2012-10-17", "Statement": [
          {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::111122223333:role/deploy-*"}]}}]}],
     "roles": [{"name": "app", "arn": "arn:aws:iam::111122223333:role/app", "trust": {"Version": "2012-10-17",
       "Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
         "Action": "sts:AssumeRole"}]}}]}
    ```
    """
    if is_told_elsewhere(principal, scene):
        return None
    graph = graph_of(scene.account)
    power = graph.landscape.power(principal.arn)
    held = held_on_everything(power, scene.account, ASSUME, _ROLE)
    settled(power, fails=held is not None)
    if held is None:
        return None
    shown, number, certain = _assumable(graph, power, principal.arn)
    severity: Severity = "high" if number else "medium"
    if is_told_by_wildcard(power, scene.account, {"sts"}, severity):
        return None
    contained = incident(principal, scene)
    return Hit(
        f"It may assume any role that trusts it. {_sentence(graph, shown, number)}{contained.sentence}",
        material=("assumes:any-role", *(f"reaches:{arn}" for arn in shown)),
        details={
            "roles": [{"arn": arn, "worth": _worth(graph, arn)} for arn in shown],
            "other_roles": number - len(shown),
            "incident": contained.evidence,
        },
        severity=severity,
        confidence=confidence_in(power, certain=held.certain and (certain or not number)),
    )


def _assumable(graph: Graph, power: Power, arn: str) -> tuple[list[str], int, bool]:
    """The first of the other roles that admit the caller, the gravest first; how many, and whether one surely does."""
    landscape = graph.landscape
    place = landscape.people.place(arn)
    if place is None:
        return [], 0, False
    found = landscape.trusting.assumable(place, power, landscape.on_people)
    others = found.possible & ~(1 << place)
    ordered = [others & graph.administrators, others & graph.escalating & ~graph.administrators]
    ordered.append(others & ~ordered[0] & ~ordered[1])
    arns = (landscape.people.arns[at] for chosen in ordered for at in places(chosen))
    return list(islice(arns, _MOST_NAMED)), others.bit_count(), bool(found.certain & others)


def _worth(graph: Graph, arn: str) -> str:
    at = graph.place(arn)
    if at is not None and graph.administrators >> at & 1:
        return "administrator"
    return "can become an administrator" if at is not None and graph.escalating >> at & 1 else "plain"


def _sentence(graph: Graph, shown: list[str], number: int) -> str:
    if not shown:
        return "No role of this account lets it in at present."
    worth = {"administrator": " (an administrator)", "can become an administrator": " (can become an administrator)"}
    names = ", ".join(f"{resource_part(arn)}{worth.get(_worth(graph, arn), '')}" for arn in shown)
    more = f" and {number - len(shown)} more" if number > len(shown) else ""
    return f"In this account these let it in: {names}{more}."
