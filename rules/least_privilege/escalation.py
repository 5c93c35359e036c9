"""Escalation: how principals become more than they are."""

from __future__ import annotations

from functools import lru_cache

import msgspec

from rules.frameworks import attack, csf, well_architected
from rules.principals import confidence_in, is_administrator, is_service_linked, principals, resource_part, settled
from rules.response.incident import incident
from scanner.engine import Hit, NoParameters, Scene, rule
from scanner.findings import SEVERITIES, Confidence, Severity
from scanner.iam.escalation.blast import Blast
from scanner.iam.escalation.graph import Graph, graph_of
from scanner.iam.escalation.paths import Escalation, Path, paths_of
from scanner.iam.escalation.step import Step
from scanner.inventory import Role, Undetermined, User, known

_DETAILS = ("iam:GetAccountAuthorizationDetails",)
_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"


@rule(
    "iam-privilege-escalation",
    severity="critical",
    phase="contain",
    subjects=principals,
    # Passwords and keys decide by which methods a user can be taken over.
    apis=(*_DETAILS, "iam:GetCredentialReport", "iam:ListAccessKeys"),
    controls=(*csf("PR.AA-05"), *well_architected("SEC03-BP02"), *attack(v18="T1098.003"), *attack(v18="T1548")),
    references=(f"{_GUIDE}access_policies_boundaries.html", f"{_GUIDE}id_roles_use_passrole.html"),
)
def iam_privilege_escalation(principal: User | Role, scene: Scene[NoParameters]) -> Hit | None:
    """A principal can make itself an administrator.

    ## Why
    Rights to change permissions, to pass a role to a service, or to assume a role add up, over policies and over
    several principals; whoever steals the weakest credential of such a chain has the whole account. Each step is one
    that the policies allow on the very target that it names. Critical where nothing is left open; high where it hangs
    on conditions, or on a resource that IAM does not show (a function or an instance with the role); medium where a
    step is known to work from descriptions only. Administrators have a finding of their own, and roles that AWS made
    for its services are left out, as are those that the owner declares to be administrators, or response roles, which
    have to change everybody. Organization policies, which can only restrict, are not looked at.

    ## Fix
    Take away one action of every path, or confine it: iam:PassRole to the roles and to the service that the job needs,
    changes of IAM to principals that carry a permissions boundary (condition iam:PermissionsBoundary), trust policies
    to named principals.

    ## Breaks
    Jobs that create or configure resources with the role that is passed; they need iam:PassRole for exactly that role.

    ## Bad
    ```json
    {"groups": [], "policies": [], "users": [
      {"name": "dev", "arn": "arn:aws:iam::111122223333:user/dev", "inline": [
        {"name": "pass", "document": {"Version": "2012-10-17", "Statement": [
          {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}]}},
        {"name": "run", "document": {"Version": "2012-10-17", "Statement": [
          {"Effect": "Allow", "Action": "ec2:RunInstances", "Resource": "*"}]}}]}],
     "roles": [
      {"name": "app", "arn": "arn:aws:iam::111122223333:role/app", "instance_profiles": ["app"],
       "trust": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]},
       "inline": [{"name": "all", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Action": "*", "Resource": "*"}]}}]}]}
    ```

    ## Good
    ```json
    {"groups": [], "policies": [], "users": [
      {"name": "dev", "arn": "arn:aws:iam::111122223333:user/dev", "inline": [
        {"name": "pass", "document": {"Version": "2012-10-17", "Statement": [
          {"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*",
           "Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}}]}},
        {"name": "run", "document": {"Version": "2012-10-17", "Statement": [
          {"Effect": "Allow", "Action": "ec2:RunInstances", "Resource": "*"}]}}]}],
     "roles": [
      {"name": "app", "arn": "arn:aws:iam::111122223333:role/app", "instance_profiles": ["app"],
       "trust": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]},
       "inline": [{"name": "all", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Action": "*", "Resource": "*"}]}}]}]}
    ```
    """
    declared = scene.declared
    if is_service_linked(principal) or declared.may_administrate(principal.arn) or declared.may_respond(principal.arn):
        return None
    graph = graph_of(scene.account)
    power = graph.landscape.power(principal.arn)
    found = paths_of(scene.account).escalation(principal.arn)
    is_admin = is_administrator(principal, scene.account)
    settled(power, fails=is_admin or found is not None)
    if is_admin:
        return None
    if found is None:
        _refuse_half_knowledge(principal, scene, graph)
        return None
    contained = incident(principal, scene)
    first = found.paths[0]
    return Hit(
        f"{_sentence(first)}{contained.sentence}",
        material=tuple(sorted({f"{path.steps[0].method}:{_kind(path.steps[0])}" for path in found.paths})),
        details={
            "paths": [msgspec.to_builtins(path) for path in found.paths],
            "other_methods": found.others,
            "blast_radius": msgspec.to_builtins(_blast(graph).of_administrator(principal.arn, _ends(graph, found))),
            "contained_by": power.contained_by,
            "incident": contained.evidence,
            "assumed": [f"no Deny in what was not read ({reason})" for reason in power.unread],
        },
        severity=_severity(found),
        confidence=_least(first.confidence, confidence_in(power, certain=True)),
    )


def _refuse_half_knowledge(principal: User | Role, scene: Scene[NoParameters], graph: Graph) -> None:
    """Raise ``Undetermined`` where a path may lead over something that was not read."""
    account, at = scene.account, graph.place(principal.arn)
    known(account.roles)
    unclear = graph.landscape.trusting.unread & graph.reaching
    if unclear:
        raise Undetermined(f"the trust policy of {graph.arn(unclear.bit_length() - 1)} is malformed")
    if at is None or not (graph.nodes[at].power.potential or graph.landscape.trusting.names(at)):
        return
    for part in (account.users, account.groups, account.policies):
        known(part)
    unread = graph.leading_to(at, graph.unread)
    if unread is not None:
        other = graph.nodes[unread].power
        raise Undetermined(f"it can become {other.caller.arn}, of whose policies {other.unread[0]}")
    cut = graph.leading_to(at, graph.cut)
    if cut is not None:
        raise Undetermined(graph.left_out[cut])


def _ends(graph: Graph, found: Escalation) -> tuple[str, ...]:
    """The principals at the ends of paths, who are administrators or are made such."""
    ends = dict.fromkeys(path.steps[-1].target for path in found.paths)
    return tuple(arn for arn in ends if graph.place(arn) is not None)


@lru_cache(maxsize=2)
def _blast(graph: Graph) -> Blast:
    return Blast(graph)


def _severity(found: Escalation) -> Severity:
    """By the best path: nothing left open, open but documented, or known from descriptions only."""
    return min((_worth(path) for path in found.paths), key=SEVERITIES.index)


def _worth(path: Path) -> Severity:
    if path.confidence == "high":
        return "critical"
    return "high" if all(step.sure == "documented" for step in path.steps) else "medium"


def _least(*found: Confidence) -> Confidence:
    order: tuple[Confidence, ...] = ("low", "medium", "high")
    return min(found, key=order.index)


def _sentence(path: Path) -> str:
    """A path in words: what is done to whom, what it hangs on, and what it needs."""
    done = ", then ".join(
        [f"{step.title} ({', '.join(step.actions)} on {resource_part(step.target)})" for step in path.steps]
    )
    conditions = dict.fromkeys(text for step in path.steps for text in step.conditions)
    needs = dict.fromkeys(step.needs for step in path.steps if step.needs)
    only_if = f" Only if {'; '.join(conditions)}." if conditions else ""
    needing = f" It needs what IAM does not show: {'; '.join(needs)}." if needs else ""
    return f"It can make itself an administrator: {done}.{only_if}{needing}"


def _kind(step: Step) -> str:
    """What the first step ends at: the principal itself, or a kind of IAM resource."""
    return "itself" if step.target == step.source else resource_part(step.target).partition("/")[0]
