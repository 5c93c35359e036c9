"""Functions that answer a finding: whether they run, and whether they may do what they are there for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rules.alert_path.places import functions
from rules.frameworks import attack, csf, well_architected
from rules.principals import is_administrator
from scanner.containment import NotRevocable, revocability
from scanner.engine import Declared, Hit, NoParameters, Scene, rule
from scanner.events.delivery_admission import admits
from scanner.events.delivery_places import places_of
from scanner.events.runtimes import deprecated_since
from scanner.findings import Severity
from scanner.iam.escalation.population import Population
from scanner.iam.escalation.reach import Reach
from scanner.iam.powers import Power, power_of
from scanner.iam.sources import policies_of
from scanner.inventory import Account, Function, FunctionDetail, Gap, ResourcePolicy, Role, Undetermined, User, known

_ON_ROLES = ("iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:PutRolePermissionsBoundary")
_ON_USERS = (
    "iam:UpdateAccessKey", "iam:DeleteAccessKey", "iam:PutUserPolicy", "iam:AttachUserPolicy",
    "iam:PutUserPermissionsBoundary",
)  # fmt: skip
_RUNNING = frozenset({None, "Active", "Inactive", "Pending"})
_MOST_NAMED = 5


@rule(
    "alert-responder-cannot-run",
    severity="high",
    phase="contain",
    subjects=functions,
    apis=(
        "events:ListRules",
        "events:ListTargetsByRule",
        "sns:ListSubscriptions",
        "lambda:GetFunctionConfiguration",
        "lambda:GetFunctionConcurrency",
        "iam:GetAccountAuthorizationDetails",
    ),
    controls=(*csf("RS.MI-01"), *well_architected("SEC10-BP04"), *attack(v18="T1078.004")),
    references=(
        "https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html",
        "https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html",
        "https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html",
    ),
)
def alert_responder_cannot_run(function: Function, scene: Scene[NoParameters]) -> Hit | None:
    r"""A function that answers alerts cannot run, or cannot do what it is there for.

    ## Why
    A responder is written in a calm week and needed in a bad night. Until then its role is deleted, somebody reserves
    zero concurrency for it while looking for a fault, its runtime is no longer supported, or administrators are added
    that its role may not touch. The finding comes, the function fails, and the thief has the night. A function whose
    role can contain nobody is taken as one that only tells people. Of one that can contain some roles (or users),
    those administrators are named that it cannot contain; those that you declared as break-glass or as response roles
    are left out. That it runs on a runtime without support weighs less: it still runs.

    ## Fix
    Give it a role that may put an inline policy on every role, and deactivate the keys of every user; take away the
    reserved concurrency of zero; move it to a supported runtime. Then send it a sample finding.

    ## Breaks
    A wider role of the function is worth stealing: let nobody but the pipeline change the function.

    ## Bad
    ```json
    {"users": [], "groups": [], "policies": [], "roles": [], "functions": [
      {"arn": "arn:aws:lambda:eu-west-1:111122223333:function:revoke", "policy": null,
       "concurrency": {"kind": "concurrency", "reserved": 0},
       "detail": {"kind": "function", "state": "Active", "runtime": "python3.13",
         "role": "arn:aws:iam::111122223333:role/gone"}}],
     "regions": [{"name": "eu-west-1", "event_rules": [{"name": "findings", "state": "ENABLED",
       "arn": "arn:aws:events:eu-west-1:111122223333:rule/findings", "pattern": "{\"source\": [\"aws.guardduty\"]}",
       "targets": [{"id": "1", "arn": "arn:aws:lambda:eu-west-1:111122223333:function:revoke"}]}]}]}
    ```

    ## Good
    ```json
    {"users": [], "groups": [], "policies": [], "roles": [
      {"name": "revoker", "arn": "arn:aws:iam::111122223333:role/revoker",
       "trust": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]},
       "inline": [{"name": "revoke", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Action": "iam:PutRolePolicy", "Resource": "*"}]}}]}],
     "functions": [
      {"arn": "arn:aws:lambda:eu-west-1:111122223333:function:revoke", "policy": null,
       "concurrency": {"kind": "concurrency"},
       "detail": {"kind": "function", "state": "Active", "runtime": "python3.13",
         "role": "arn:aws:iam::111122223333:role/revoker"}}],
     "regions": [{"name": "eu-west-1", "event_rules": [{"name": "findings", "state": "ENABLED",
       "arn": "arn:aws:events:eu-west-1:111122223333:rule/findings", "pattern": "{\"source\": [\"aws.guardduty\"]}",
       "targets": [{"id": "1", "arn": "arn:aws:lambda:eu-west-1:111122223333:function:revoke"}]}]}]}
    ```
    """
    faults = dict(_of_running(function, scene))
    missing = _cannot_contain(function, scene.account, scene.declared)
    if not isinstance(missing, Undetermined):
        faults |= missing
    if not faults:
        if isinstance(missing, Undetermined):
            raise missing
        known(function.detail)
        known(function.concurrency)
        return None
    return Hit(
        " ".join(dict.fromkeys(faults.values())),
        severity=_severity(faults),
        material=tuple(faults),
        details={"faults": list(dict.fromkeys(faults.values()))},
    )


def _severity(faults: dict[str, str]) -> Severity:
    return "medium" if all(token.startswith(("runtime:", "cannot-contain:")) for token in faults) else "high"


def _of_running(function: Function, scene: Scene[NoParameters]) -> Iterator[tuple[str, str]]:
    name = function.arn.split(":function:")[-1]
    concurrency, detail = function.concurrency, function.detail
    if concurrency is not None and not isinstance(concurrency, Gap) and concurrency.reserved == 0:
        yield "concurrency:0", f"The function {name} has a reserved concurrency of 0, so that it never runs."
    if detail is None or isinstance(detail, Gap):
        return
    if detail.state not in _RUNNING:
        yield f"state:{detail.state}", f"The function {name} is {detail.state}."
    since = deprecated_since(detail.runtime or "", scene.at)
    if since:
        yield (
            f"runtime:{detail.runtime}",
            f"AWS does not support {detail.runtime}, on which {name} runs, since {since}.",
        )


def _cannot_contain(function: Function, account: Account, declared: Declared) -> dict[str, str] | Undetermined:
    """What its role lacks, or why that is not known."""
    detail = function.detail
    if not isinstance(detail, FunctionDetail) or detail.role is None:
        return {}
    if isinstance(account.roles, Gap) or isinstance(account.users, Gap):
        return Undetermined("Whether its role suffices: the principals of the account were not read")
    role = next((each for each in account.roles if each.arn == detail.role), None)
    if role is None:
        return {"role:missing": f"Its role {detail.role} does not exist."}
    service = places_of(account).sender("lambda.amazonaws.com", function.arn)
    assumed = admits(ResourcePolicy(role.trust), service, "sts:AssumeRole", role.arn)
    if assumed.verdict == "no":
        return {"role:not-assumable": f"Lambda cannot assume its role {role.name}: {assumed.reason}."}
    if assumed.verdict == "only_if":
        return Undetermined(f"Whether Lambda can assume its role {role.name}: {assumed.reason}")
    power = power_of(role, policies_of(account))
    roles = [each for each in account.roles if not isinstance(revocability(each), NotRevocable)]
    left = [*_left(power, roles, _ON_ROLES), *_left(power, account.users, _ON_USERS)]
    named = [each for each in left if each.arn != role.arn and _matters(each, account, declared)]
    if not named and power.unread_boundary:
        return Undetermined(power.unread_boundary)
    if not named:
        return {}
    if power.unread:
        return Undetermined(power.unread[0])
    shown = ", ".join(each.arn.split(":", 5)[-1] for each in named[:_MOST_NAMED])
    more = f" and {len(named) - _MOST_NAMED} more" if len(named) > _MOST_NAMED else ""
    text = f"Its role {role.name} contains others, but may not contain these administrators: {shown}{more}."
    return {f"cannot-contain:{each.arn}": text for each in named}


def _left(power: Power, every: Sequence[Role | User], actions: tuple[str, ...]) -> list[Role | User]:
    """Those that it cannot contain, if it can contain any of them."""
    population = Population(sorted(each.arn for each in every))
    reach = Reach(population)
    able = 0
    for action in actions:
        able |= reach.of(power, action).possible
    if not able:
        return []
    arns = set(population.members(population.all & ~able))
    return [each for each in every if each.arn in arns]


def _matters(principal: Role | User, account: Account, declared: Declared) -> bool:
    if declared.may_respond(principal.arn) or declared.may_administrate(principal.arn):
        return False
    return is_administrator(principal, account)
