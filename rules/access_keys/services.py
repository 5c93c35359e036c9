"""Credentials that are no access keys: passwords and API keys for single services, and signing certificates."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from rules.access_keys.holders import holders_of
from rules.frameworks import attack, csf, well_architected
from scanner.engine import Hit, NoParameters, NotNegative, Scene, Subject, Unread, rule
from scanner.engine.subjects import account_resource
from scanner.findings import Resource
from scanner.inventory import Account, CredentialRow, Gap, ServiceCredential, Undetermined, known
from scanner.shell import command, option

_CONTROLS = (*csf("PR.AA-01"), *well_architected("SEC02-BP05"), *attack(v18="T1098.001"))


class CredentialAge(NoParameters, frozen=True):
    """Parameters of ``service-credential-active``.

    ``max_age_days`` is the age up to which one that expires is accepted; ``max_lifetime_days`` is how far from its
    beginning its end may lie, since one that expires in ten years is as good as one that never does.
    """

    max_age_days: NotNegative = 90
    max_lifetime_days: NotNegative = 365


def _credentials(account: Account) -> Iterator[Subject[ServiceCredential] | Unread]:
    for found in known(account.service_credentials):
        if found.is_active:
            arn = f"{holders_of(account).arn_of(found.user)}#{found.id}"
            yield Subject(Resource(arn, "AWS::IAM::ServiceSpecificCredential", found.id, account.account_id), found)


@rule(
    "service-credential-active",
    severity="high",
    phase="contain",
    subjects=_credentials,
    apis=("iam:ListServiceSpecificCredentials",),
    controls=_CONTROLS,
    references=(
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_ssh-keys.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_bedrock.html",
    ),
    parameters=CredentialAge,
)
def service_credential_active(credential: ServiceCredential, scene: Scene[CredentialAge]) -> Hit | None:
    """A credential for a single service never expires, lives for too long, or is older than the limit.

    ## Why
    A password for Git repositories, an API key for Bedrock or a password for Keyspaces works without the user's access
    keys: deactivating these leaves it valid, and so does taking the console password away. Nothing tells when it was
    used last. A thief who makes one for himself stays when everybody believes him gone. A Deny on the user does hold.
    SSH keys for Git repositories are the same kind of thing, and are not looked at.

    ## Fix
    Use the credentials of a role (the Git credential helper, short-term API keys, the SigV4 plugin of Keyspaces).
    Deactivate this one, then delete it. Where it has to stay, let it expire.

    ## Breaks
    The clone, build or program that signs in with it.

    ## Bad
    ```json
    {"service_credentials": [
      {"id": "ACCAEXAMPLE1", "user": "ci", "service": "codecommit.amazonaws.com", "status": "Active",
       "created": "2026-11-01T00:00:00Z"}]}
    ```

    ## Good
    ```json
    {"service_credentials": [
      {"id": "ACCAEXAMPLE1", "user": "ci", "service": "bedrock.amazonaws.com", "status": "Active",
       "created": "2026-11-01T00:00:00Z", "expires": "2026-12-01T00:00:00Z"},
      {"id": "ACCAEXAMPLE2", "user": "ci", "service": "codecommit.amazonaws.com", "status": "Inactive",
       "created": "2024-11-01T00:00:00Z"}]}
    ```
    """
    if credential.expires is not None and credential.expires <= scene.at:
        return None
    faults = _faults(credential, scene)
    if not faults:
        return None
    return Hit(
        f"{credential.user} can use {credential.service} with it, whatever happens to the access keys. "
        + " ".join(faults.values()),
        material=(f"service-credential:{credential.service}", *(f"service-credential:{fault}" for fault in faults)),
        details={
            "user": credential.user,
            "service": credential.service,
            "created": credential.created.isoformat() if credential.created else None,
            "expires": credential.expires.isoformat() if credential.expires else None,
        },
        commands=(_set_status(credential, "Inactive"),),
        undo=(_set_status(credential, "Active"),),
    )


def _faults(credential: ServiceCredential, scene: Scene[CredentialAge]) -> dict[str, str]:
    """What is wrong with a credential that the service accepts, each as a sentence.

    Raises:
        Undetermined: nothing was found, and it is not known when it was made.
    """
    limits, made, end = scene.parameters, credential.created, credential.expires
    found: dict[str, str] = {}
    if end is None:
        found["never-expires"] = "It never expires."
    elif made is None:
        raise Undetermined("the snapshot does not hold when the credential was made")
    elif (end - made).days > limits.max_lifetime_days:
        found["lives-too-long"] = (
            f"It is made to live for {(end - made).days} days; the limit is {limits.max_lifetime_days}."
        )
    if made is not None and scene.at - made > timedelta(days=limits.max_age_days):
        found["older-than-limit"] = f"It is {(scene.at - made).days} days old; the limit is {limits.max_age_days}."
    return found


def _set_status(credential: ServiceCredential, status: str) -> str:
    words = (
        option("--user-name", credential.user),
        option("--service-specific-credential-id", credential.id),
    )
    return " ".join((command("aws", "iam", "update-service-specific-credential", "--status", status), *words))


def _report_rows(account: Account) -> Iterator[Subject[CredentialRow | None] | Unread]:
    """Every row of the report, and None for users who are newer than it."""
    rows = holders_of(account).rows
    for row in rows.values():
        yield Subject(Resource(row.arn, "AWS::IAM::User", row.user, account.account_id), row)
    if isinstance(account.users, Gap):
        yield Unread(account_resource(account), account.users)
        return
    for user in account.users:
        if user.arn not in rows:
            yield Subject(Resource(user.arn, "AWS::IAM::User", user.name, account.account_id), None)


@rule(
    "iam-signing-certificate-active",
    severity="high",
    phase="contain",
    subjects=_report_rows,
    apis=("iam:GetAccountAuthorizationDetails", "iam:GenerateCredentialReport", "iam:GetCredentialReport"),
    controls=_CONTROLS,
    references=("https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html",),
)
def iam_signing_certificate_active(row: CredentialRow | None, _: Scene[NoParameters]) -> Hit | None:
    """A user has an active signing certificate.

    ## Why
    A signing certificate signs requests to the old SOAP interfaces, is not listed where people look for keys, and stays
    valid when access keys are deactivated and the password is taken away. Hardly anything needs one today; one that
    appears is a way back in. Critical for the root user.

    ## Fix
    List the certificates of the user (aws iam list-signing-certificates), deactivate them, and delete them when nothing
    has failed for some weeks. Those of the root user are found on its page of security credentials.

    ## Breaks
    Programs of the time before access keys, if there are any left.

    ## Bad
    ```json
    {"users": [], "credential_report": {"kind": "credential-report", "rows": [
      {"user": "ci", "arn": "arn:aws:iam::111122223333:user/ci", "cert_1_active": true,
       "cert_1_rotated": "2019-01-01T00:00:00Z"}]}}
    ```

    ## Good
    ```json
    {"users": [], "credential_report": {"kind": "credential-report", "rows": [
      {"user": "ci", "arn": "arn:aws:iam::111122223333:user/ci", "cert_1_rotated": "2019-01-01T00:00:00Z"}]}}
    ```
    """
    if row is None:
        raise Undetermined("the user is newer than the credential report")
    active = [rotated for is_active, rotated in _certificates(row) if is_active]
    if not active:
        return None
    count = "One signing certificate is" if len(active) == 1 else "Two signing certificates are"
    return Hit(
        f"{count} active.",
        material=("signing-certificate:active",),
        details={"made": [rotated.isoformat() if rotated else None for rotated in active]},
        severity="critical" if row.is_root else None,
    )


def _certificates(row: CredentialRow) -> tuple[tuple[bool, datetime | None], ...]:
    return (row.cert_1_active, row.cert_1_rotated), (row.cert_2_active, row.cert_2_rotated)
