"""The root user: its second factor, and whether somebody works as it."""

from __future__ import annotations

from datetime import timedelta

from rules.frameworks import attack, cis, csf, well_architected
from scanner.engine import Hit, NoParameters, NotNegative, Scene, rule
from scanner.engine.subjects import the_account
from scanner.inventory import Account, CredentialRow, Gap, Undetermined, VirtualMfaDevice, known

_REPORT = ("iam:GenerateCredentialReport", "iam:GetCredentialReport")
_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
_WITHOUT_SIGN_IN = "aws-us-gov"
"""The partition whose consoles no root user can open."""


@rule(
    "iam-root-without-mfa",
    severity="critical",
    phase="contain",
    subjects=the_account,
    apis=("iam:GetAccountSummary",),
    controls=(
        *cis(v7="2.5", v5="1.4"),
        *cis(v7="2.6", v5="1.5"),
        *csf("PR.AA-03"),
        *well_architected("SEC01-BP02"),
        *attack(v18="T1078.004"),
    ),
    references=(f"{_GUIDE}enable-mfa-for-root.html", f"{_GUIDE}id_root-user.html"),
)
def iam_root_without_mfa(account: Account, _: Scene[NoParameters]) -> Hit | None:
    """The root user has credentials and no MFA.

    ## Why
    Whoever gets at the mailbox of the account can reset the password of the root user, and is then above every policy
    of the account: he can close it, lock everybody out, and pay with it. MFA is all that stands between. A member
    account whose root user has no credentials at all, because these are managed centrally, needs none; neither does an
    account in AWS GovCloud (US), whose root user cannot sign in.

    ## Fix
    Sign in as root and register a FIDO2 key or another hardware device, better two, kept apart. In an organization,
    manage root credentials centrally and delete those of the members instead.

    ## Breaks
    Signing in as root without the device; write down where it lies.

    ## Bad
    ```json
    {"summary": {"kind": "account-summary",
                 "counters": {"AccountMFAEnabled": 0, "AccountPasswordPresent": 1, "AccountAccessKeysPresent": 0}}}
    ```

    ## Good
    ```json
    {"summary": {"kind": "account-summary",
                 "counters": {"AccountMFAEnabled": 0, "AccountPasswordPresent": 0, "AccountAccessKeysPresent": 0}}}
    ```
    """
    if account.partition == _WITHOUT_SIGN_IN:
        return None
    counters = _counters(account)
    row = _root_row(account)
    has_mfa = counters.get("AccountMFAEnabled")
    if has_mfa is None:
        # The report is up to four hours old: a device may have come, or gone, since.
        known(account.summary)
        raise Undetermined("the account summary does not say whether the root user has MFA")
    if has_mfa > 0:
        return None
    held = _credentials(account, counters, row)
    if not held:
        return None
    return Hit(
        f"The root user has {' and '.join(held)}, and no MFA device.",
        material=("root:without-mfa", *(f"root:{what.replace(' ', '-')}" for what in held)),
        details={"credentials": list(held)},
    )


def _counters(account: Account) -> dict[str, int]:
    return {} if isinstance(account.summary, Gap) else account.summary.counters


def _root_row(account: Account) -> CredentialRow | None:
    if isinstance(account.credential_report, Gap):
        return None
    return next((row for row in account.credential_report.rows if row.is_root), None)


def _credentials(account: Account, counters: dict[str, int], row: CredentialRow | None) -> tuple[str, ...]:
    """What the root user can sign in or sign requests with.

    Raises:
        Undetermined: it is not known whether there is a password, and nothing else is held.
    """
    keys = ("access keys",) if counters.get("AccountAccessKeysPresent") else ()
    password = _has_password(account, counters, row)
    if password is None:
        if keys:
            return keys
        if isinstance(account.credential_report, Gap):
            raise Undetermined("neither the account summary nor the credential report says whether root has a password")
        raise Undetermined("whether the root user of this member account has a password is not known")
    if not password and not keys and "AccountAccessKeysPresent" not in counters:
        raise Undetermined("the account summary does not count the access keys of the root user")
    return (*(("a password",) if password else ()), *keys)


def _has_password(account: Account, counters: dict[str, int], row: CredentialRow | None) -> bool | None:
    """Whether the root user has a password; only that of a member can be without one."""
    if "AccountPasswordPresent" in counters:
        return counters["AccountPasswordPresent"] > 0
    if row is not None and row.password_enabled is not None:
        return row.password_enabled
    membership = account.organization.membership
    if isinstance(membership, Gap):
        return None
    if membership is None or membership.management_account == account.account_id:
        return True
    return None


@rule(
    "iam-root-virtual-mfa",
    severity="medium",
    phase="contain",
    subjects=the_account,
    apis=("iam:ListVirtualMFADevices",),
    controls=(
        *cis(v7="2.6", v5="1.5"),
        *csf("PR.AA-03"),
        *well_architected("SEC01-BP02"),
        *attack(v18="T1078.004"),
    ),
    references=(f"{_GUIDE}enable-hw-mfa-for-root.html", f"{_GUIDE}root-user-best-practices.html"),
)
def iam_root_virtual_mfa(account: Account, _: Scene[NoParameters]) -> Hit | None:
    """The root user signs in with codes of a virtual MFA device.

    ## Why
    A code can be phished while it is valid, and the secret behind it lies on somebody's phone, in its backups, or in
    the same password manager as the password. A FIDO2 key answers only to the real sign-in page. A hardware device
    beside the virtual one does not help: either is enough to sign in.

    ## Fix
    Register a FIDO2 key for the root user, better two that are kept apart, then remove the virtual device. In an
    organization, delete the credentials of the members' root users.

    ## Breaks
    Whoever signs in as root with the phone.

    ## Bad
    ```json
    {"virtual_mfa_devices": [{"serial": "arn:aws:iam::111122223333:mfa/root-account-mfa-device",
                              "user": "arn:aws:iam::111122223333:root"}]}
    ```

    ## Good
    ```json
    {"virtual_mfa_devices": [{"serial": "arn:aws:iam::111122223333:mfa/ann",
                              "user": "arn:aws:iam::111122223333:user/ann"}]}
    ```
    """
    found = [device for device in known(account.virtual_mfa_devices) if _is_of_root(device)]
    if not found:
        return None
    serials = [device.serial for device in found]
    if all(device.user is None for device in found):
        # A device that was made and never assigned has no owner either.
        return Hit(
            f"{' and '.join(serials)} is called like root's. Its owner is not told; it may be left over.",
            material=("root:virtual-mfa",),
            details={"devices": serials},
            severity="low",
            confidence="low",
        )
    return Hit(
        f"{' and '.join(serials)} belongs to the root user.",
        material=("root:virtual-mfa",),
        details={"devices": serials},
    )


def _is_of_root(device: VirtualMfaDevice) -> bool:
    """Whether it is the root user's: by its owner, since a second device can have any name, or by the first's name."""
    if device.user is not None:
        return device.user.endswith(":root")
    return device.serial.endswith(":mfa/root-account-mfa-device")


class RootUse(NoParameters, frozen=True):
    """Parameters of ``iam-root-used``: ``days`` is how long ago the last use has to be."""

    days: NotNegative = 90


@rule(
    "iam-root-used",
    severity="high",
    phase="detect",
    subjects=the_account,
    apis=_REPORT,
    controls=(
        *cis(v7="2.7", v5="1.6"),
        *csf("PR.AA-05"),
        *well_architected("SEC01-BP02"),
        *attack(v18="T1078.004"),
    ),
    references=(f"{_GUIDE}root-user-best-practices.html", f"{_GUIDE}root-user-tasks.html"),
    parameters=RootUse,
)
def iam_root_used(account: Account, scene: Scene[RootUse]) -> Hit | None:
    """Somebody worked as the root user lately.

    ## Why
    Hardly anything needs the root user. Where it is used as a matter of course, nobody looks twice at a use by a thief;
    where it is not, this one has to be explained.

    ## Fix
    Find who it was: in CloudTrail, events of userIdentity type Root since that day. If nobody can say, treat it as an
    incident: change the password, remove keys and MFA devices, check the mail addresses of the account. If it was
    somebody of yours, give them a role for what they did, and accept this use with its reason.

    ## Breaks
    Nothing.

    ## Bad
    ```json
    {"credential_report": {"kind": "credential-report", "rows": [
      {"user": "<root_account>", "arn": "arn:aws:iam::111122223333:root", "mfa_active": true,
       "password_last_used": "2026-11-01T00:00:00Z"}]}}
    ```

    ## Good
    ```json
    {"credential_report": {"kind": "credential-report", "rows": [
      {"user": "<root_account>", "arn": "arn:aws:iam::111122223333:root", "mfa_active": true,
       "password_last_used": "2026-01-01T00:00:00Z"}]}}
    ```
    """
    known(account.credential_report)
    row = _root_row(account)
    if row is None:
        raise Undetermined("the credential report has no row for the root user")
    uses = {
        "password": row.password_last_used,
        "access-key-1": row.key_1_last_used,
        "access-key-2": row.key_2_last_used,
    }
    limit = timedelta(days=scene.parameters.days)
    recent = {what: when for what, when in uses.items() if when is not None and scene.at - when <= limit}
    if not recent:
        return None
    days = min((scene.at - when).days for when in recent.values())
    return Hit(
        f"Its {' and its '.join(what.replace('-', ' ') for what in recent)} was used; last {days} days ago.",
        material=tuple(f"root:{what}-used" for what in recent),
        details={f"{what}_last_used": when.isoformat() for what, when in recent.items()},
    )
