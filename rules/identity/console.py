"""Identity hygiene: how people sign in."""

from __future__ import annotations

from datetime import timedelta

from rules.access_keys.holders import holders_of, material, told, weighed
from rules.frameworks import attack, cis, csf, well_architected
from rules.identity.people import REPORT, console_users
from scanner.engine import Hit, NoParameters, NotNegative, Scene, rule
from scanner.engine.declared import is_named
from scanner.inventory import CredentialRow, Undetermined


@rule(
    "iam-console-user-without-mfa",
    severity="high",
    phase="contain",
    subjects=console_users,
    apis=REPORT,
    controls=(*cis(v7="2.10", v5="1.9"), *csf("PR.AA-03"), *well_architected("SEC02-BP01"), *attack(v18="T1078.004")),
    references=("https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa.html",),
)
def iam_console_user_without_mfa(row: CredentialRow, scene: Scene[NoParameters]) -> Hit | None:
    """A user can sign in to the console with a password alone.

    ## Why
    A password that was phished, re-used or guessed is then enough for everything that the user may do.

    ## Fix
    Register an MFA device for the user, or take the password away where people sign in through a federation.

    ## Breaks
    The user cannot sign in without the device from then on.

    ## Bad
    ```json
    {"users": [{"name": "ann", "arn": "arn:aws:iam::111122223333:user/ann"}], "policies": [],
     "credential_report": {"kind": "credential-report", "rows": [
      {"user": "ann", "arn": "arn:aws:iam::111122223333:user/ann", "password_enabled": true, "mfa_active": false}]}}
    ```

    ## Good
    ```json
    {"users": [], "credential_report": {"kind": "credential-report", "rows": [
      {"user": "ann", "arn": "arn:aws:iam::111122223333:user/ann", "password_enabled": true, "mfa_active": true},
      {"user": "ci", "arn": "arn:aws:iam::111122223333:user/ci", "password_enabled": false, "mfa_active": false}]}}
    ```
    """
    if row.mfa_active:
        return None
    if row.password_enabled is None:
        raise Undetermined("the credential report does not say whether the user has a password")
    if row.mfa_active is None:
        raise Undetermined("the credential report does not say whether MFA is active")
    is_admin = holders_of(scene.account).reach_of_arn(row.arn) == "administrator"
    return Hit(
        "The console password is enabled and no MFA device is active."
        + (" The user is an administrator." if is_admin else ""),
        material=("console:password-without-mfa", *(("administrator",) if is_admin else ())),
        severity="critical" if is_admin else None,
    )


class PasswordUse(NoParameters, frozen=True):
    """Parameters of ``iam-console-password-unused``: ``max_idle_days`` is how long ago the last sign-in may be."""

    max_idle_days: NotNegative = 45


@rule(
    "iam-console-password-unused",
    severity="medium",
    phase="eradicate",
    subjects=console_users,
    apis=REPORT,
    controls=(
        *cis(v7="2.11", v5="1.11"),
        *csf("PR.AA-01"),
        *well_architected("SEC02-BP05"),
        *attack(v18="T1078.004"),
    ),
    references=("https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_finding-unused.html",),
    parameters=PasswordUse,
)
def iam_console_password_unused(row: CredentialRow, scene: Scene[PasswordUse]) -> Hit | None:
    """A console password has not been used for a long time, or never.

    ## Why
    Nobody will wonder about a sign-in of somebody who never comes, and the password is as old as the last habit of its
    owner. High where the user is privileged. Users that are declared as break-glass are meant to lie unused.

    ## Fix
    Delete the login profile; its owner can be given a new password when one is needed. Better, let people sign in
    through a federation. The password cannot be brought back, so no command is given.

    ## Breaks
    The next sign-in of somebody who comes once a quarter.

    ## Bad
    ```json
    {"users": [], "credential_report": {"kind": "credential-report", "rows": [
      {"user": "ann", "arn": "arn:aws:iam::111122223333:user/ann", "password_enabled": true,
       "password_last_used": "2026-09-01T00:00:00Z", "password_last_changed": "2025-01-01T00:00:00Z"},
      {"user": "bob", "arn": "arn:aws:iam::111122223333:user/bob", "password_enabled": true,
       "password_last_changed": "2026-09-01T00:00:00Z"}]}}
    ```

    ## Good
    ```json
    {"users": [], "credential_report": {"kind": "credential-report", "rows": [
      {"user": "ann", "arn": "arn:aws:iam::111122223333:user/ann", "password_enabled": true,
       "password_last_used": "2026-11-01T00:00:00Z", "password_last_changed": "2025-01-01T00:00:00Z"},
      {"user": "bob", "arn": "arn:aws:iam::111122223333:user/bob", "password_enabled": true,
       "password_last_changed": "2026-11-01T00:00:00Z"}]}}
    ```
    """
    limit = timedelta(days=scene.parameters.max_idle_days)
    if is_named(row.arn, scene.declared.break_glass):
        return None
    if row.created is not None and scene.at - row.created <= limit:
        return None
    if row.password_enabled is None:
        raise Undetermined("the credential report does not say whether the user has a password")
    since = row.password_last_used or row.password_last_changed or row.created
    if since is None:
        raise Undetermined("the credential report says neither when the password was used nor when it was set")
    idle = scene.at - since
    if idle <= limit:
        return None
    reach = holders_of(scene.account).reach_of_arn(row.arn)
    what = "It was last used" if row.password_last_used else "It was never used, and set"
    return Hit(
        f"{what} {idle.days} days ago; the limit is {limit.days}.{told(reach, 'The user')}",
        material=("console:password-unused", *material(reach)),
        details={
            "last_used": row.password_last_used.isoformat() if row.password_last_used else None,
            "idle_days": idle.days,
            "holder": reach,
        },
        severity=weighed(reach, "high"),
    )
