"""The password policy of the account."""

from __future__ import annotations

from rules.frameworks import attack, cis, csf, well_architected
from rules.identity.people import REPORT, require_that_nobody_else_has_a_password, with_password
from scanner.engine import AtLeastOne, Hit, NoParameters, NotNegative, Scene, rule
from scanner.engine.subjects import the_account
from scanner.inventory import Account, PasswordPolicy, known
from scanner.shell import command

_LENGTH, _REUSE = 14, 24
_CONTROLS = (*csf("PR.AA-01"), *well_architected("SEC02-BP01"), *attack(v18="T1110"))
_APIS = ("iam:GetAccountPasswordPolicy", *REPORT)
_REFERENCES = ("https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html",)


class Length(NoParameters, frozen=True):
    """Parameters of ``iam-password-length``: ``minimum`` is the number of characters that has to be demanded."""

    minimum: AtLeastOne = _LENGTH


@rule(
    "iam-password-length",
    severity="medium",
    phase="contain",
    subjects=the_account,
    apis=_APIS,
    controls=(*cis(v7="2.8", v5="1.7"), *_CONTROLS),
    references=_REFERENCES,
    parameters=Length,
)
def iam_password_length(account: Account, scene: Scene[Length]) -> Hit | None:
    """Passwords may be short.

    ## Why
    The sign-in page of an account is open to everybody, and short passwords are guessed, or known from elsewhere. An
    account that has set no policy has AWS's own, which demands eight characters. Where no user has a password it does
    not matter.

    ## Fix
    Demand 14 characters. The command sets the policy as a whole and keeps what else it demands at present.

    ## Breaks
    Nothing at once: a password is measured when it is changed.

    ## Bad
    ```json
    {"password_policy": null, "users": [], "credential_report": {"kind": "credential-report", "rows": [
      {"user": "ann", "arn": "arn:aws:iam::111122223333:user/ann", "password_enabled": true}]}}
    ```

    ## Good
    ```json
    {"password_policy": {"kind": "password-policy", "minimum_length": 14}, "users": [],
     "credential_report": {"kind": "credential-report", "rows": [
      {"user": "ann", "arn": "arn:aws:iam::111122223333:user/ann", "password_enabled": true}]}}
    ```
    """
    policy, minimum = known(account.password_policy), scene.parameters.minimum
    length = policy.minimum_length if policy else None
    if length is not None and length >= minimum:
        return None
    if not _matters(account):
        return None
    what = f"It demands {length or 'no number of'} characters" if policy else "The account has set no password policy"
    return Hit(
        f"{what}; {minimum} should be demanded.",
        material=("password-policy:short" if policy else "password-policy:none",),
        details={"minimum_length": length},
        commands=(_setting(policy, length=minimum),),
        undo=(_undo(policy),),
    )


class Reuse(NoParameters, frozen=True):
    """Parameters of ``iam-password-reuse``: ``remembered`` is how many former passwords have to be refused."""

    remembered: NotNegative = _REUSE


@rule(
    "iam-password-reuse",
    severity="medium",
    phase="eradicate",
    subjects=the_account,
    apis=_APIS,
    controls=(*cis(v7="2.9", v5="1.8"), *_CONTROLS),
    references=_REFERENCES,
    parameters=Reuse,
)
def iam_password_reuse(account: Account, scene: Scene[Reuse]) -> Hit | None:
    """Former passwords may be used again.

    ## Why
    After an incident everybody is asked for a new password. Where former ones are not refused, the new one is soon the
    old one, which the thief has. Where no user has a password it does not matter.

    ## Fix
    Refuse the last 24 passwords. The command sets the policy as a whole and keeps what else it demands at present.

    ## Breaks
    Nothing at once: it counts when a password is changed.

    ## Bad
    ```json
    {"password_policy": {"kind": "password-policy", "minimum_length": 14}, "users": [],
     "credential_report": {"kind": "credential-report", "rows": [
      {"user": "ann", "arn": "arn:aws:iam::111122223333:user/ann", "password_enabled": true}]}}
    ```

    ## Good
    ```json
    {"password_policy": {"kind": "password-policy", "minimum_length": 14, "reuse_prevention": 24}, "users": [],
     "credential_report": {"kind": "credential-report", "rows": [
      {"user": "ann", "arn": "arn:aws:iam::111122223333:user/ann", "password_enabled": true}]}}
    ```
    """
    policy, wanted = known(account.password_policy), scene.parameters.remembered
    refused = (policy.reuse_prevention if policy else None) or 0
    if refused >= wanted or not _matters(account):
        return None
    what = f"It refuses the last {refused}" if policy else "The account has set no password policy"
    return Hit(
        f"{what}; {wanted} should be refused.",
        material=("password-policy:reuse" if policy else "password-policy:none",),
        details={"reuse_prevention": refused},
        commands=(_setting(policy, reuse=wanted),),
        undo=(_undo(policy),),
    )


def _matters(account: Account) -> bool:
    """Whether some user has a password."""
    if with_password(account):
        return True
    require_that_nobody_else_has_a_password(account)
    return False


_OF_AWS = PasswordPolicy(
    minimum_length=8, requires_symbols=True, requires_numbers=True, requires_uppercase=True, requires_lowercase=True
)
"""What takes the place of the policy of AWS, which demands three of these four kinds of characters."""


def _setting(policy: PasswordPolicy | None, *, length: int = 0, reuse: int = 0) -> str:
    """The command that sets a policy with some numbers raised; what it does not name would be reset."""
    kept = policy or _OF_AWS
    length, reuse = max(length, kept.minimum_length or 0), max(reuse, kept.reuse_prevention or 0)
    flags = {
        "require-symbols": kept.requires_symbols,
        "require-numbers": kept.requires_numbers,
        "require-uppercase-characters": kept.requires_uppercase,
        "require-lowercase-characters": kept.requires_lowercase,
        "allow-users-to-change-password": kept.users_may_change,
        "hard-expiry": kept.hard_expiry,
    }
    words = [f"--{'' if wanted else 'no-'}{name}" for name, wanted in flags.items()]
    for name, number in (
        ("minimum-password-length", length), ("password-reuse-prevention", reuse), ("max-password-age", kept.max_age),
    ):  # fmt: skip
        words += [f"--{name}", str(number)] if number else []
    return command("aws", "iam", "update-account-password-policy", *words)


def _undo(policy: PasswordPolicy | None) -> str:
    return _setting(policy) if policy else command("aws", "iam", "delete-account-password-policy")
