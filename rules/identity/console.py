"""Identity hygiene: how people sign in."""

from __future__ import annotations

from collections.abc import Iterator

from rules.frameworks import attack, cis, csf, well_architected
from scanner.engine import Hit, NoParameters, Scene, Subject, Unread, rule
from scanner.engine.subjects import account_resource
from scanner.findings import Resource
from scanner.iam.administrator import administration
from scanner.inventory import Account, CredentialRow, Gap, Undetermined, known


def _console_users(account: Account) -> Iterator[Subject[CredentialRow] | Unread]:
    rows = known(account.credential_report).rows
    for row in (*rows, *_newcomers(account, rows)):
        if row.password_enabled is not False and not row.is_root:
            yield Subject(Resource(row.arn, "AWS::IAM::User", row.user, account.account_id), row)
    if isinstance(account.users, Gap):
        yield Unread(account_resource(account), account.users)


def _newcomers(account: Account, rows: tuple[CredentialRow, ...]) -> Iterator[CredentialRow]:
    """Rows that say nothing, for users made since the report, which may be four hours old."""
    reported = {row.arn for row in rows}
    users = () if isinstance(account.users, Gap) else account.users
    return (CredentialRow(user.name, user.arn) for user in users if user.arn not in reported)


@rule(
    "iam-console-user-without-mfa",
    severity="high",
    phase="contain",
    subjects=_console_users,
    apis=("iam:GetAccountAuthorizationDetails", "iam:GenerateCredentialReport", "iam:GetCredentialReport"),
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
    is_admin = _is_administrator(row, scene.account)
    return Hit(
        "The console password is enabled and no MFA device is active."
        + (" The user is an administrator." if is_admin else ""),
        material=("console:password-without-mfa", *(("administrator",) if is_admin else ())),
        severity="critical" if is_admin else None,
    )


def _is_administrator(row: CredentialRow, account: Account) -> bool:
    """Whether reach makes it worse; where that is not known, the finding stays as it is."""
    if isinstance(account.users, Gap):
        return False
    user = next((user for user in account.users if user.arn == row.arn), None)
    try:
        return user is not None and administration(user, account) is not None
    except Undetermined:
        return False
