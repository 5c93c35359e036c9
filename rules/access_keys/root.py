"""The root user's access keys."""

from __future__ import annotations

from rules.frameworks import attack, cis, csf, well_architected
from scanner.engine import Hit, NoParameters, Scene, rule
from scanner.engine.subjects import the_account
from scanner.inventory import Account, Gap, Undetermined, known


@rule(
    "iam-root-access-key",
    severity="critical",
    phase="contain",
    subjects=the_account,
    apis=("iam:GetAccountSummary",),
    controls=(*cis(v7="2.4", v5="1.3"), *csf("PR.AA-01"), *well_architected("SEC02-BP02"), *attack(v18="T1078.004")),
    references=("https://docs.aws.amazon.com/IAM/latest/UserGuide/root-user-best-practices.html",),
)
def iam_root_access_key(account: Account, _: Scene[NoParameters]) -> Hit | None:
    """The root user has an access key.

    ## Why
    No policy limits the root user of a stand-alone or management account: whoever has the key has everything, and
    neither a Deny nor a boundary stops it.

    ## Fix
    Sign in as root, look at what used the key last, deactivate it, then delete it. In an organization, manage root
    credentials centrally and remove them from the members.

    ## Breaks
    Scripts that run as root; there should be none.

    ## Bad
    ```json
    {"summary": {"kind": "account-summary", "counters": {"AccountAccessKeysPresent": 1}}}
    ```

    ## Good
    ```json
    {"summary": {"kind": "account-summary", "counters": {"AccountAccessKeysPresent": 0}}}
    ```
    """
    if not _has_root_key(account):
        return None
    return Hit("The account's root user has at least one access key.", material=("root:access-key",))


def _has_root_key(account: Account) -> bool:
    """What the counter says, which is live; without it, the report can prove a key, but not that there is none now."""
    if not isinstance(account.summary, Gap) and "AccountAccessKeysPresent" in account.summary.counters:
        return account.summary.counters["AccountAccessKeysPresent"] > 0
    if not isinstance(account.credential_report, Gap):
        roots = [row for row in account.credential_report.rows if row.is_root]
        if any(row.key_1_active or row.key_2_active for row in roots):
            return True
    known(account.summary)
    raise Undetermined("the account summary does not count the access keys of the root user")
