"""The roles of those who look, and of those who ask AWS for help."""

from __future__ import annotations

from collections.abc import Iterator

from rules.frameworks import attack, cis, csf, well_architected
from rules.principals import resource_part
from scanner.engine import Hit, NoParameters, Scene, rule
from scanner.engine.subjects import the_account
from scanner.iam.administrator import administration_by, probes_of
from scanner.iam.documents import parse
from scanner.iam.evaluation import decide
from scanner.iam.matching import covers_action
from scanner.iam.powers import Power, power_of
from scanner.iam.principals import trusted_principals
from scanner.iam.request import Policies, Request
from scanner.iam.sources import name_at_aws, policies_of
from scanner.inventory import Account, Gap, Role, Undetermined, known

_DETAILS = ("iam:GetAccountAuthorizationDetails",)
_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
_SUPPORT = "AWSSupportAccess"
_READING = (
    "cloudtrail:LookupEvents", "config:DescribeConfigurationRecorders", "ec2:DescribeInstances",
    "guardduty:ListFindings", "iam:GetAccountAuthorizationDetails", "iam:GenerateCredentialReport",
)  # fmt: skip


@rule(
    "support-role-missing",
    severity="low",
    phase="investigate",
    subjects=the_account,
    apis=_DETAILS,
    controls=(
        *cis(v7="2.15", v5="1.16"), *csf("RS.MA-01"), *well_architected("SEC10-BP05"), *attack(v18="T1078.004"),
    ),
    references=("https://docs.aws.amazon.com/awssupport/latest/user/accessing-support.html",),
)  # fmt: skip
def support_role_missing(account: Account, _: Scene[NoParameters]) -> Hit | None:
    """No role may ask AWS Support for help.

    ## Why
    Some things only AWS can do: tell what a service did with credentials of its own, give back an account whose root
    user was taken over, raise a quota that stands in the way of a containment. Opening a case in the night needs a role
    that may, and that is not an administrator.

    ## Fix
    Attach AWSSupportAccess to a role that the responders can assume.

    ## Breaks
    Nothing. Whoever holds the role can read the support cases of the account.

    ## Bad
    ```json
    {"users": [], "groups": [], "policies": [], "roles": []}
    ```

    ## Good
    ```json
    {"users": [], "groups": [], "policies": [], "roles": [
      {"name": "support", "arn": "arn:aws:iam::111122223333:role/support",
       "trust": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "sts:AssumeRole"}]},
       "attached": [{"name": "AWSSupportAccess", "arn": "arn:aws:iam::aws:policy/AWSSupportAccess"}]}]}
    ```
    """
    if any(name_at_aws(policy.arn) == _SUPPORT for role in known(account.roles) for policy in role.attached):
        return None
    holders = [
        each.arn
        for part in (account.users, account.groups)
        if not isinstance(part, Gap)
        for each in part
        if any(name_at_aws(policy.arn) == _SUPPORT for policy in each.attached)
    ]
    also = f", only to {', '.join(map(resource_part, sorted(holders)[:5]))}" if holders else ""
    return Hit(
        f"AWSSupportAccess is attached to no role{also}.",
        material=("support-role:none",),
        details={"attached_to": sorted(holders)},
    )


@rule(
    "security-audit-role-missing",
    severity="low",
    phase="investigate",
    subjects=the_account,
    apis=_DETAILS,
    controls=(*csf("RS.AN-03"), *well_architected("SEC10-BP05"), *attack(v18="T1078.004")),
    references=(f"{_GUIDE}access_policies_job-functions.html",),
)
def security_audit_role_missing(account: Account, _: Scene[NoParameters]) -> Hit | None:
    """No role lets investigators read the account without being able to change it.

    ## Why
    Those who find out what happened should not work as administrators: their sessions lie on the machines of the
    incident, and what they change by mistake is evidence that is gone. Looked for is a role that people can assume,
    that may read the logs, findings, settings and permissions of the account (SecurityAudit, or policies that come to
    the same), and that is no administrator.

    ## Fix
    Make a role with SecurityAudit that the security account's people can assume, with MFA.

    ## Breaks
    Nothing. Whoever holds the role sees how the account is built.

    ## Bad
    ```json
    {"users": [], "groups": [], "policies": [], "roles": []}
    ```

    ## Good
    ```json
    {"users": [], "groups": [], "policies": [], "roles": [
      {"name": "audit", "arn": "arn:aws:iam::111122223333:role/audit",
       "trust": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "sts:AssumeRole"}]},
       "inline": [{"name": "read", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Resource": "*", "Action": ["cloudtrail:LookupEvents", "config:Describe*",
          "ec2:Describe*", "guardduty:List*", "iam:Get*", "iam:GenerateCredentialReport"]}]}}]}]}
    ```
    """
    unread = ""
    for role in _assumed_by_people(account):
        if any(name_at_aws(policy.arn) == "SecurityAudit" for policy in role.attached):
            return None
        power = power_of(role, policies_of(account))
        if administration_by(power, probes_of(account)) is not None:
            continue
        if power.unread or power.unread_boundary:
            unread = unread or (*power.unread, power.unread_boundary)[0]
        elif _reads(power):
            return None
    if unread:
        raise Undetermined(unread)
    return Hit(
        "No role that people can assume has SecurityAudit, or may read as much without being an administrator.",
        material=("audit-role:none",),
    )


def _assumed_by_people(account: Account) -> Iterator[Role]:
    for role in known(account.roles):
        allowing = (statement for statement in parse(role.trust).statements if statement.allows)
        kinds = {principal.kind for statement in allowing for principal in trusted_principals(statement)}
        if kinds & {"anyone", "account", "federated"}:
            yield role


def _reads(power: Power) -> bool:
    granted = [statement for source in power.sources for statement in source.policy.statements if statement.allows]
    if not all(any(covers_action(statement, action) for statement in granted) for action in _READING):
        return False
    policies = Policies(identity=power.sources, boundary=power.boundary, resource_is_known=True)
    requests = (Request(power.caller, action, "*", power.caller.context) for action in _READING)
    return all(decide(request, policies).decision == "yes" for request in requests)
