"""What is left of an incident: revocations without anything to revoke, and principals that are still denied all."""

from __future__ import annotations

from datetime import timedelta

from rules.frameworks import attack, csf, well_architected
from rules.principals import active_keys, is_service_linked, principals
from rules.response.incident import shown, told
from scanner.containment import longest_session
from scanner.engine import Hit, NoParameters, NotNegative, Scene, rule
from scanner.iam.artefacts import Artefact
from scanner.iam.powers import Power, power_of
from scanner.iam.sources import policies_of
from scanner.inventory import Role, Undetermined, User

_DETAILS = "iam:GetAccountAuthorizationDetails"
_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
_CONTROLS = (*csf("RC.RP-05"), *well_architected("SEC10-BP08"))


class LeftOver(NoParameters, frozen=True):
    """Parameters of ``iam-revocation-left-over``: ``grace_days`` is how long a revocation may outlive its purpose."""

    grace_days: NotNegative = 7


@rule(
    "iam-revocation-left-over",
    severity="low",
    phase="eradicate",
    subjects=principals,
    apis=(_DETAILS, "iam:ListRoles"),
    controls=(*_CONTROLS, *attack(v18="T1550.001")),
    references=(f"{_GUIDE}id_roles_use_revoke-sessions.html",),
    parameters=LeftOver,
)
def iam_revocation_left_over(principal: User | Role, scene: Scene[LeftOver]) -> Hit | None:
    """A revocation of sessions lies on a principal long after the last of these sessions ended.

    ## Why
    A role's session ends after the longest time that its settings allow, 12 hours at most, and after six where a
    service such as EC2 hands it out; a user's after 36. From then on the Deny by aws:TokenIssueTime stops nobody. It
    takes room that the next revocation needs, and makes scanners that do not read dates call a stolen role harmless.

    ## Fix
    See that the case is closed, then delete the policy, or the statement where the policy says more.

    ## Breaks
    Nothing: every session that it refused has ended.

    ## Bad
    ```json
    {"groups": [], "policies": [], "users": [], "roles": [
      {"name": "app", "arn": "arn:aws:iam::111122223333:role/app", "trust": {"Version": "2012-10-17", "Statement": []},
       "inline": [{"name": "AWSRevokeOlderSessions", "document": {"Version": "2012-10-17", "Statement": {
         "Effect": "Deny", "Action": "*", "Resource": "*",
         "Condition": {"DateLessThan": {"aws:TokenIssueTime": "2026-10-01T00:00:00Z"}}}}}]}]}
    ```

    ## Good
    ```json
    {"groups": [], "policies": [], "users": [], "roles": [
      {"name": "app", "arn": "arn:aws:iam::111122223333:role/app", "trust": {"Version": "2012-10-17", "Statement": []},
       "inline": [{"name": "AWSRevokeOlderSessions", "document": {"Version": "2012-10-17", "Statement": {
         "Effect": "Deny", "Action": "*", "Resource": "*",
         "Condition": {"DateLessThan": {"aws:TokenIssueTime": "2026-11-20T00:00:00Z"}}}}}]}]}
    ```
    """
    if is_service_linked(principal):
        return None
    power = power_of(principal, policies_of(scene.account))
    revoking = [found for found in power.artefacts if found.kind == "session revocation" and found.cutoff is not None]
    if not revoking:
        if power.unread:
            raise Undetermined(power.unread[0])
        return None
    lasting = longest_session(principal, scene.account)
    grace = timedelta(days=scene.parameters.grace_days)
    over = [found for found in revoking if _is_over(found, lasting.longest + grace, scene)]
    if not over:
        if lasting.unknown and any(_is_over(found, lasting.shortest + grace, scene) for found in revoking):
            raise lasting.unknown
        if power.unread:
            raise Undetermined(power.unread[0])
        return None
    return Hit(
        "".join(f" {each.source} refuses sessions from before {shown(each.cutoff)}." for each in over).strip(),
        material=tuple(f"revocation:{each.source}" for each in over),
        details={
            "incident": [told(each, scene.at) for each in over],
            "safe_to_remove_since": [shown(each.cutoff + lasting.longest) for each in over if each.cutoff is not None],
        },
    )


def _is_over(found: Artefact, kept: timedelta, scene: Scene[LeftOver]) -> bool:
    return found.cutoff is not None and scene.at - found.cutoff > kept


@rule(
    "iam-principal-held-back",
    severity="low",
    phase="eradicate",
    subjects=principals,
    apis=(_DETAILS,),
    controls=(*_CONTROLS, *attack(v18="T1078.004")),
    references=(f"{_GUIDE}id_credentials_temp_control-access_disable-perms.html",),
)
def iam_principal_held_back(principal: User | Role, scene: Scene[NoParameters]) -> Hit | None:
    """A principal is denied everything, as in an incident.

    ## Why
    A Deny of everything, on the principal or as its boundary, is how a stolen credential is held, and carries no date.
    Somebody has to know whether the case is open. While it lies there the principal looks harmless to those who count
    what it may do; once somebody takes it off, all that was granted before is there again, to whoever still holds the
    credentials.

    ## Fix
    If the case is closed, replace the credentials, take away what the principal does not need, then remove the Deny. If
    nobody needs the principal any more, delete it: one that is kept for good as denied is a way back in.

    ## Breaks
    Removed too early, it gives a thief the access back: every session from before has to have ended, which takes 36
    hours for a user.

    ## Bad
    ```json
    {"groups": [], "policies": [], "roles": [], "users": [
      {"name": "ci", "arn": "arn:aws:iam::111122223333:user/ci",
       "attached": [{"name": "AWSDenyAll", "arn": "arn:aws:iam::aws:policy/AWSDenyAll"}]}]}
    ```

    ## Good
    ```json
    {"groups": [], "policies": [], "roles": [], "users": [
      {"name": "ci", "arn": "arn:aws:iam::111122223333:user/ci", "inline": [
        {"name": "own", "document": {"Version": "2012-10-17", "Statement": {
          "Effect": "Deny", "Action": "*", "Resource": "*",
          "Condition": {"Bool": {"aws:SecureTransport": "false"}}}}}]}]}
    ```
    """
    if is_service_linked(principal):
        return None
    power = power_of(principal, policies_of(scene.account))
    holding = [found for found in power.artefacts if found.kind == "deny all"]
    if not holding:
        _refuse_unread(power)
        return None
    keys = active_keys(principal, scene.account) if isinstance(principal, User) else None
    return Hit(
        f"Everything is denied to it by {', '.join(found.source for found in holding)}."
        + (f" Its access keys {', '.join(keys)} are still active." if keys else ""),
        material=tuple(f"denied-by:{found.source}" for found in holding),
        details={"incident": [told(found, scene.at) for found in holding], "active_access_keys": keys},
    )


def _refuse_unread(power: Power) -> None:
    unread = (*power.unread, *([power.unread_boundary] if power.unread_boundary else []))
    if unread:
        raise Undetermined(unread[0])
