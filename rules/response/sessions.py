"""How long a thief keeps a privileged session after the way in was closed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec

from rules.frameworks import attack, csf, well_architected
from rules.principals import is_administrator
from rules.response.privileged import is_revocable, privileged_principals, require_privileged
from scanner.containment import maximum_session
from scanner.engine import Hit, NoParameters, Scene, Subject, Unread, rule
from scanner.engine.subjects import unless_unread
from scanner.iam.documents import Policy, parse
from scanner.iam.escalation.chains import chains_of
from scanner.iam.principals import trusted_principals
from scanner.iam.remembered import Remembered
from scanner.inventory import Account, Role
from scanner.shell import command, option

_PRIVILEGE = ("iam:GetAccountAuthorizationDetails", "iam:GetCredentialReport", "iam:ListAccessKeys")
_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
_HOUR = 3600


class SessionLength(NoParameters, frozen=True):
    """Parameters of ``role-session-too-long``: ``hours``, 1 to 12, is how long one of a privileged role may last."""

    hours: Annotated[int, msgspec.Meta(ge=1, le=12)] = 1


def _assumed_roles(account: Account) -> Iterator[Subject[Role] | Unread]:
    """Privileged roles whose settings decide how long a session lasts: not those that only services hand out."""
    for each in privileged_principals(account):
        if not isinstance(each, Subject):
            yield each
        elif isinstance(each.item, Role) and is_revocable(each.item) and _is_assumed(each.item):
            yield Subject(each.resource, each.item)


def _is_assumed(role: Role) -> bool:
    return _admits_callers.of(parse(role.trust))


def _has_callers(trust: Policy) -> bool:
    allowing = (statement for statement in trust.statements if statement.allows)
    kinds = {principal.kind for statement in allowing for principal in trusted_principals(statement)}
    return bool(kinds & {"anyone", "account", "federated", "other"})


# Roles share few trust policies.
_admits_callers = Remembered(_has_callers)


@rule(
    "role-session-too-long",
    severity="medium",
    phase="contain",
    subjects=unless_unread(lambda account: account.role_settings, _assumed_roles),
    apis=(*_PRIVILEGE, "iam:ListRoles"),
    controls=(*csf("PR.AA-05"), *well_architected("SEC02-BP02"), *attack(v18="T1550.001")),
    references=(f"{_GUIDE}id_roles_update-role-settings.html", f"{_GUIDE}id_roles_use.html"),
    parameters=SessionLength,
)
def role_session_too_long(role: Role, scene: Scene[SessionLength]) -> Hit | None:
    """A session of a privileged role may last longer than the limit.

    ## Why
    A session cannot be called back: until somebody revokes it, a thief keeps it for as long as he asked for, and he
    asks for the most that the role allows. One hour is the least that IAM can be set to, and what callers get who ask
    for nothing. Looked at are administrators and roles that can become one, as far as people, other accounts or
    identity providers assume them; how long the credentials of a service such as EC2 live the settings do not decide,
    and for a permission set of IAM Identity Center its own do. Who got the session of a role by that of another one has
    an hour at most, whatever is set, but can begin anew where roles lead to one another in a circle.

    ## Fix
    Set the longest session of the role to an hour.

    ## Breaks
    Callers that ask for a longer session are refused (ValidationError) until they ask for less: look at the
    DurationSeconds of the AssumeRole events. Jobs that run for longer have to fetch credentials anew.

    ## Bad
    ```json
    {"users": [], "groups": [], "policies": [],
     "role_settings": [{"arn": "arn:aws:iam::111122223333:role/admin", "max_session": 43200}],
     "roles": [
      {"name": "admin", "arn": "arn:aws:iam::111122223333:role/admin", "trust": {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "sts:AssumeRole"}]},
       "inline": [{"name": "all", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Action": "*", "Resource": "*"}]}}]}]}
    ```

    ## Good
    ```json
    {"users": [], "groups": [], "policies": [],
     "role_settings": [{"arn": "arn:aws:iam::111122223333:role/admin", "max_session": 3600}],
     "roles": [
      {"name": "admin", "arn": "arn:aws:iam::111122223333:role/admin", "trust": {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "sts:AssumeRole"}]},
       "inline": [{"name": "all", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Action": "*", "Resource": "*"}]}}]}]}
    ```
    """
    require_privileged(role, scene.account)
    seconds = int(maximum_session(role, scene.account).total_seconds())
    if seconds <= scene.parameters.hours * _HOUR:
        return None
    is_circular = chains_of(scene.account).circle(role.arn) is not None
    again = " It can be assumed again by its own sessions, so that they need never end." if is_circular else ""
    return Hit(
        f"A session of it may last {_in_words(seconds)}; the limit is {scene.parameters.hours} h.{again}",
        material=("session:too-long",),
        details={
            "keeps_access": {"session_hours": seconds / _HOUR, "chained_session_hours": 1, "renewable": is_circular},
            "administrator": is_administrator(role, scene.account),
        },
        commands=(_set(role, scene.parameters.hours * _HOUR),),
        undo=(_set(role, seconds),),
    )


def _set(role: Role, seconds: int) -> str:
    words = (option("--role-name", role.name), option("--max-session-duration", str(seconds)))
    return " ".join((command("aws", "iam", "update-role"), *words))


def _in_words(seconds: int) -> str:
    hours, rest = divmod(seconds, _HOUR)
    return f"{hours} h" + (f" {rest // 60} min" if rest else "")
