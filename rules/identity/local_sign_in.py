"""Console sessions that become credentials for the command line."""

from __future__ import annotations

from collections.abc import Iterator

from rules.assumable import SERVICE_LINKED
from rules.frameworks import attack, cis, csf, well_architected
from rules.identity.asking import granted_on, is_granted, may
from rules.identity.people import REPORT, has_password
from rules.principals import confidence_in, settled
from rules.response.privileged import privileged_principals, require_privileged
from scanner.engine import Hit, NoParameters, Scene, Subject, Unread, rule
from scanner.iam.documents import Policy, parse
from scanner.iam.federation import provider_of
from scanner.iam.matching import matches
from scanner.iam.powers import Power, power_of
from scanner.iam.principals import TrustedPrincipal, trusted_principals
from scanner.iam.remembered import Remembered
from scanner.iam.sources import policies_of
from scanner.inventory import Account, Role, User

_RESERVED = "/aws-reserved/sso.amazonaws.com/"

_SIGN_IN = ("signin:AuthorizeOAuth2Access", "signin:CreateOAuth2Token")
"""What ``aws login`` calls, with the console session in the browser and then without."""


def _privileged_people(account: Account) -> Iterator[Subject[User | Role] | Unread]:
    """The privileged principals as which people can be in the console."""
    for each in privileged_principals(account):
        if not (isinstance(each, Subject) and isinstance(each.item, Role)) or _is_for_people(each.item):
            yield each


def _is_for_people(role: Role) -> bool:
    """Whether people may come as it: not one that only services and tokens of workloads become."""
    return _admits_people.of(parse(role.trust))


def _has_people(trust: Policy) -> bool:
    allowing = [statement for statement in trust.statements if statement.allows]
    return any(_may_be_people(found) for each in allowing for found in trusted_principals(each))


# Roles share few trust policies.
_admits_people = Remembered(_has_people)


def _may_be_people(found: TrustedPrincipal) -> bool:
    if found.kind == "federated":
        return provider_of(found).kind != "oidc"
    return found.kind not in {"service", "deleted"} and SERVICE_LINKED not in found.text


@rule(
    "iam-local-sign-in",
    severity="medium",
    phase="contain",
    subjects=_privileged_people,
    apis=REPORT,
    controls=(
        *cis(v7="2.20", v5="1.21"),
        *csf("PR.AA-05"),
        *well_architected("SEC02-BP02"),
        *attack(v18="T1550.001"),
    ),
    references=(
        "https://docs.aws.amazon.com/aws-managed-policy/latest/reference/SignInLocalDevelopmentAccess.html",
        "https://docs.aws.amazon.com/signin/latest/userguide/command-line-sign-in.html",
    ),
)
def iam_local_sign_in(principal: User | Role, scene: Scene[NoParameters]) -> Hit | None:
    """A privileged principal can turn its console session into credentials for the command line.

    ## Why
    With aws login a thief who took over a browser gets credentials that are renewed for up to twelve hours, on his own
    machine, without a key that anybody could deactivate. It needs signin:AuthorizeOAuth2Access and
    signin:CreateOAuth2Token, which every statement with a wildcard for actions grants. Asked are administrators and
    those that can become one, where people can be in the console as them: users with a password, and roles that
    accounts or SAML providers can assume.
    Low for roles of IAM Identity Center, whose portal hands out credentials in any case.

    ## Fix
    Deny both actions to administrators, best by a service control policy, and let them take sessions of a role, with
    MFA. Where aws login is how people work, accept it with that reason.

    ## Breaks
    Administrators who use aws login.

    ## Bad
    ```json
    {"groups": [], "policies": [], "roles": [],
     "users": [{"name": "ann", "arn": "arn:aws:iam::111122223333:user/ann",
       "inline": [{"name": "all", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Action": "*", "Resource": "*"}]}}]}],
     "credential_report": {"kind": "credential-report", "rows": [
       {"user": "ann", "arn": "arn:aws:iam::111122223333:user/ann", "password_enabled": true}]}}
    ```

    ## Good
    ```json
    {"groups": [], "policies": [], "roles": [],
     "users": [{"name": "ann", "arn": "arn:aws:iam::111122223333:user/ann",
       "inline": [{"name": "all", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Action": "*", "Resource": "*"},
         {"Effect": "Deny", "Action": "signin:CreateOAuth2Token", "Resource": "*"}]}}]}],
     "credential_report": {"kind": "credential-report", "rows": [
       {"user": "ann", "arn": "arn:aws:iam::111122223333:user/ann", "password_enabled": true}]}}
    ```
    """
    account = scene.account
    power = power_of(principal, policies_of(account))
    is_named = all(is_granted(power, action) for action in _SIGN_IN)
    if not is_named and not power.unread:
        return None
    found = may(power, _SIGN_IN, _clients(power, account), account)
    if found.verdict == "no" and not power.unread:
        return None
    if isinstance(principal, User) and not has_password(principal, account):
        return None
    settled(power, fails=found.verdict != "no")
    require_privileged(principal, account)
    return Hit(
        f"A console session of it becomes credentials for the command line by aws login{found.only_if}.",
        material=("may:signin:CreateOAuth2Token",),
        details=found.evidence,
        severity="low" if principal.path.startswith(_RESERVED) else None,
        confidence=confidence_in(power, certain=found.verdict == "yes"),
    )


def _clients(power: Power, account: Account) -> tuple[str, ...]:
    """The clients of aws login, in one region and in those that policies name."""
    named = [
        region.replace("*", "x")
        for region, owner, tail in granted_on(power, _SIGN_IN[-1])
        if tail.startswith("oauth2/") and matches(owner, account.account_id) and region != "*"
    ]
    return tuple(
        f"arn:{account.partition}:signin:{region}:{account.account_id}:oauth2/public-client/{client}"
        for region in dict.fromkeys(("us-east-1", *named))
        for client in ("localhost", "remote")
    )
