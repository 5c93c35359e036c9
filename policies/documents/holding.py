"""What takes the place of something else, which is saved: a boundary that denies everything, a frozen trust policy.

Sources: "Permissions boundaries for IAM entities" and "Policy evaluation logic" in the IAM User Guide; "AWSDenyAll" in
the AWS Managed Policy Reference; "IAM and AWS STS quotas" for the size of a trust policy.
"""

from __future__ import annotations

from policies.documents import values
from policies.documents.quotas import MANAGED, TRUST, TRUST_AT_MOST
from policies.documents.template import IAM, Effects, Template
from policies.documents.writing import NotWritable, PolicyDocument, document, with_deny

FREEZE_SID = "IrFreezeTrust"

_ISSUING = ["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity", "sts:TagSession"]

DENY_ALL_BOUNDARY = Template(
    name="deny-all-boundary",
    title="Put a role or user behind a boundary that denies everything",
    applies_to="role or user",
    layer="boundary",
    quota=MANAGED,
    description=(
        "Makes the AWS managed policy AWSDenyAll the permissions boundary of a role or user. It needs no room among "
        "the inline policies and no slot among the attached ones. A boundary only limits, but a Deny in it is a Deny: "
        "it stops what resource policies give to the session, too. A principal has one boundary; the one that it had "
        "is saved, since without it, it could do more than before."
    ),
    keep="Until the credentials are replaced and no old session is left; then put the saved boundary back, not none.",
    place=(
        "As the boundary of the principal: aws iam put-role-permissions-boundary or put-user-permissions-boundary. "
        "Restore the saved one with the same call, or where there was none, delete the boundary."
    ),
    breaks="Everything that uses the principal, by any credential.",
    effects=Effects(
        old_session="denied",
        new_session="denied",
        long_term_key="denied",
        others="Roles that the principal has assumed keep their own sessions.",
    ),
    may=("role", "user"),
    file="deny-all-boundary.json",
    sources=(f"{IAM}access_policies_boundaries.html",),
)

FREEZE_TRUST = Template(
    name="freeze-trust",
    title="Let nobody assume a role",
    applies_to="role",
    layer="trust",
    quota=TRUST,
    description=(
        "Adds to the trust policy of the role a Deny for everybody: accounts, identity providers and services of AWS. "
        "Nobody gets a new session, nor an instance or function new credentials. Sessions that exist go on: revoke "
        "them, too. The trust policy as it was is saved byte for byte."
    ),
    keep="Until the way by which sessions were stolen is closed; then put the saved trust policy back.",
    place="As the trust policy of the role: aws iam update-assume-role-policy. The same call restores the saved one.",
    breaks="Every workload with the role stops when its present credentials expire; people cannot switch to it.",
    effects=Effects(
        old_session="as before",
        new_session="as before",
        others="Nobody can get a new session of the role, by whatever credential.",
    ),
    needs=("role",),
    file="freeze-trust.json",
    sources=(f"{IAM}id_roles_update-role-trust-policy.html", f"{IAM}reference_iam-quotas.html"),
)


def deny_all_arn(partition: str = "aws") -> str:
    """The ARN of the AWS managed policy that denies everything."""
    return f"arn:{values.partition(partition)}:iam::aws:policy/AWSDenyAll"


def deny_all_boundary() -> PolicyDocument:
    """What AWSDenyAll says, for the proof: it is AWS's own, and is not created."""
    return document({"Sid": "DenyAll", "Effect": "Deny", "Action": ["*"], "Resource": "*"})


def freeze_trust(trust: str, limit: int = TRUST.characters) -> str:
    """A trust policy that nobody can assume the role by, and which else says what it said.

    Args:
        trust: the trust policy as it is.
        limit: the quota of the account on trust policies; at most 4,096 characters.

    Raises:
        NotWritable: it is no policy document, or there is no room for the Deny.
    """
    frozen = with_deny(trust, FREEZE_SID, {"Effect": "Deny", "Principal": "*", "Action": _ISSUING})
    allowed = min(limit, TRUST_AT_MOST.characters)
    size = TRUST.size(frozen)
    if size > allowed:
        raise NotWritable(
            f"the trust policy would have {size:,} characters with the Deny, and {allowed:,} are allowed: "
            "ask for a higher quota, or save it and put a trust policy in its place that denies alone"
        )
    return frozen
