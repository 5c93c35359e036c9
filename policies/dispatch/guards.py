"""Guards on the finding, the account, the facts and the room; whom it is, `whom` guards.

Sources: "IAM and AWS STS quotas" in the IAM User Guide; "Service control policies" and "Resource control policies" in
the AWS Organizations User Guide; "Perform a privileged task on a member account" in the IAM User Guide.
"""

from __future__ import annotations

from policies.dispatch.resolved import Circumstances, Decided, Guard, shown
from policies.dispatch.whom import Whom
from policies.subjects import Subject
from scanner.containment import NotRevocable, can_take_scps, denies_all, managed_slots, revocability, ways_left
from scanner.inventory import Account, Gap, Role, Undetermined, User, describe

_OTHER_ACCOUNT = (
    "Contain it with a snapshot of its own account; against a principal of an account that is not yours, deny that "
    "account by a resource control policy or in the policies of the resources."
)
_BY_HAND = "Make room (delete an inline policy that grants rights), or deny the principal by an SCP."
_DECIDE = "Find out why, and name the role or user yourself if it has to be contained all the same."


def finding_guard(circumstances: Circumstances) -> Guard:
    """Whether the finding is a real one that is open."""
    if circumstances.is_sample:
        return Guard("finding-is-real", "refused", "The finding is a sample, made to try the alerts.", _DECIDE)
    if circumstances.is_archived:
        return Guard(
            "finding-is-real", "refused", "The finding is archived: somebody settled it, or a filter.", _DECIDE
        )
    told = "The finding is neither a sample nor archived." if circumstances.is_finding else "A person named it."
    return Guard("finding-is-real", "passed", told)


def account_guard(subject: Subject, account: Account, circumstances: Circumstances) -> Guard:
    """Whether the principal is of the account that was collected."""
    own = account.account_id
    if subject.kind == "foreign-account":
        return _foreign(subject, own)
    parts = (subject.arn or "").split(":", 5)
    of_arn = parts[4] if len(parts) == 6 and parts[2] in ("iam", "sts") else ""
    for told in (subject.account_id, of_arn):
        if told and told != own:
            reason = f"The principal is of account {shown(told)}, and the facts are of {own}."
            return Guard("own-account", "refused", reason, _OTHER_ACCOUNT)
    if of_arn and parts[1] != account.partition:
        reason = f"The principal is of partition {shown(parts[1])}, and the facts are of {account.partition}."
        return Guard("own-account", "refused", reason, _OTHER_ACCOUNT)
    if subject.account_id is None and not of_arn and circumstances.is_finding:
        look = f"Look up the account of the finding, and say that it is {own} if it is."
        return Guard("own-account", "unknown", "Nothing says of which account the principal is.", look)
    return Guard("own-account", "passed", f"It is of account {own}.")


def _foreign(subject: Subject, own: str) -> Guard:
    if subject.account_id is None:
        reason = "Which account the foreign principal is of is not told."
        return Guard("own-account", "unknown", reason, "Look in CloudTrail for the accountId of the userIdentity.")
    if subject.account_id == own:
        return Guard("own-account", "refused", "The account that is told to be foreign is the own one.", _DECIDE)
    return Guard("own-account", "passed", f"It is of the foreign account {shown(subject.account_id)}, as was told.")


def fresh_guard(account: Account, circumstances: Circumstances) -> Guard:
    """Whether the facts are recent."""
    age = circumstances.at - account.taken_at
    if age <= circumstances.max_age:
        return Guard("snapshot-is-fresh", "passed", f"The facts are of {account.taken_at.isoformat()}.")
    hours = int(age.total_seconds() // 3600)
    reason = f"The facts are {hours} hours old: keys and roles may have been made or deleted since."
    return Guard("snapshot-is-fresh", "unknown", reason, "Collect the account again, or allow facts of that age.")


def revocable_guard(found: Whom, subject: Subject, decided: Decided | None, account: Account) -> Guard:
    """Whether some policy stops the credential."""
    if decided is None:
        return Guard("revocable", "unknown", "It is not known whom to revoke.")
    if decided.plan == "identity-center":
        return _of_identity_center(subject, decided)
    if isinstance(found.principal, Role) and isinstance(verdict := revocability(found.principal), NotRevocable):
        return Guard("revocable", "refused", verdict.reason, verdict.alternative)
    if decided.plan == "service":
        look = "Look for the principal that drove the service (invokedBy in CloudTrail), and contain that one."
        return Guard("revocable", "refused", "AWS holds the credentials of its services.", look)
    if decided.plan in ("root", "federated-user"):
        return _by_scp(decided.plan, account)
    if decided.plan == "foreign-account":
        return _by_rcp(account)
    return Guard("revocable", "passed", "A policy on the principal stops it.")


def _of_identity_center(subject: Subject, decided: Decided) -> Guard:
    if decided.templates:
        whom = "the person" if subject.user_id else "everybody who has the permission set"
        reason = f"{decided.because} {decided.templates[0]} stops {whom} instead."
        return Guard("revocable", "passed", reason)
    reason = f"{decided.because} The person is not told, and no SCP is known to reach the account."
    look = (
        "Look up the person by the name of the session (identitystore:GetUserId), then deny the person in the "
        "permission set, or by an SCP from the management account."
    )
    return Guard("revocable", "unknown", reason, look)


_ALTERNATIVES = {
    "root": (
        "Change password and MFA devices, delete the access keys, take back the mailbox, and contact AWS Support; in a "
        "member account use central root access (sts:AssumeRoot)."
    ),
    "federated-user": (
        "Quarantine the user who made the session, whom CloudTrail names as its sessionIssuer: an IAM user of the same "
        "name need not be the one."
    ),
}


def _by_scp(plan: str, account: Account) -> Guard:
    try:
        why_not = can_take_scps(account)
    except Undetermined as unknown:
        reason = f"Only an SCP stops it, and whether one reaches the account is not known: {unknown.reason}."
        return Guard("revocable", "unknown", reason, _ALTERNATIVES[plan])
    if why_not is not None:
        return Guard("revocable", "refused", f"Only an SCP would stop it, and {why_not}.", _ALTERNATIVES[plan])
    return Guard("revocable", "passed", "An SCP on its ARN stops it.", _ALTERNATIVES[plan])


def _by_rcp(account: Account) -> Guard:
    look = "Deny the account in the policies of the resources that it reached, and in trust policies."
    membership = account.organization.membership
    if isinstance(membership, Gap):
        reason = f"Whether the account is in an organization is not known: {describe(membership)}."
        return Guard("revocable", "unknown", reason, look)
    if membership is None:
        return Guard(
            "revocable", "refused", "The account is in no organization, so that no RCP can be put on it.", look
        )
    if membership.management_account == account.account_id:
        reason = "It is the management account, whose resources RCPs do not protect."
        return Guard("revocable", "refused", reason, look)
    return Guard("revocable", "passed", "An RCP stops it at the services that RCPs know.", look)


def headroom_guard(principal: Role | User | None, account: Account) -> Guard:
    """Whether there is room for a document on the principal."""
    if principal is None or (isinstance(principal, Role) and isinstance(revocability(principal), NotRevocable)):
        return Guard("headroom", "passed", "No document is put on it in the account.")
    ways = ways_left(principal, account)
    if "inline policy" in ways:
        return Guard("headroom", "passed", "An inline policy fits.")
    if "managed policy" in ways:
        return Guard("headroom", "passed", "The inline policies are full; a managed policy can be attached.", _BY_HAND)
    slots = managed_slots(principal, account)
    instead = f"{_BY_HAND} A boundary that denies everything always fits, and stops new sessions, too."
    if not slots.is_live and not denies_all(principal):
        reason = f"The inline policies are full, and {slots.used} managed ones are attached; the quota was not read."
        return Guard("headroom", "unknown", reason, instead)
    reason = f"The inline policies are full, and all {slots.limit} managed ones are attached."
    return Guard("headroom", "refused", reason, instead)
