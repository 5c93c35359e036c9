"""The inline policy of a permission set, with one person's sessions ended; other people keep what they have.

Sources: "Revoke access for deleted users" in the IAM Identity Center User Guide; the model of sso-admin, by which a
permission set has one inline policy, of 32,768 characters at most, that ``PutInlinePolicyToPermissionSet`` replaces.
"""

from __future__ import annotations

from policies.cutoff import PLACEHOLDER
from policies.documents import values
from policies.documents.quotas import PERMISSION_SET
from policies.documents.sessions import issued_before
from policies.documents.template import Effects, Template
from policies.documents.writing import NotWritable, deny, document, serialise, with_deny

_SID = "IrRevokePerson"
_GUIDE = "https://docs.aws.amazon.com/singlesignon/latest/"

PERMISSION_SET_REVOKE_PERSON = Template(
    name="permission-set-revoke-person",
    title="End a person's sessions in a permission set",
    applies_to="person",
    layer="permission set",
    quota=PERMISSION_SET,
    description=(
        "Denies everything to the sessions of one person that were issued before the cutoff, by the inline policy of a "
        "permission set; the roles of IAM Identity Center cannot be edited in IAM. It works in the management account, "
        "where service control policies do not. A permission set has one inline policy, and writing it replaces the "
        "present one: that is therefore needed, and the Deny is added to it."
    ),
    keep="Until every session from before the cutoff has expired: 12 hours after it; then put the saved policy back.",
    place=(
        "aws sso-admin put-inline-policy-to-permission-set, then provision-permission-set with --target-type "
        "ALL_PROVISIONED_ACCOUNTS: without that nothing changes. Do so for every permission set that the person has."
    ),
    breaks="Nobody but that person, who signs in again. Disable the person first, or the thief does so, too.",
    effects=Effects(old_session="denied", new_session="as before", others="Other people in the permission set go on."),
    needs=("user-id", "existing"),
    file="permission-set-revoke-person.json",
    sources=(
        f"{_GUIDE}userguide/authconcept-revoke-access.html",
        f"{_GUIDE}APIReference/API_PutInlinePolicyToPermissionSet.html",
    ),
)


def permission_set_revoke_person(user_id: str, existing: str | None, cutoff: str = PLACEHOLDER) -> str:
    """The inline policy of a permission set, with a Deny for a person's sessions from before the cutoff.

    Args:
        user_id: of the person, in IAM Identity Center.
        existing: the present inline policy; None where there is none.
        cutoff: a time, or the placeholder for one.

    Raises:
        NotWritable: a value is none that IAM takes, the present policy is no policy, or there is no room.
    """
    person = {"StringEquals": {"identitystore:UserId": values.user_id(user_id)}}
    statement = deny(_SID, {**person, **issued_before(cutoff)})
    if existing is None:
        return serialise(document(statement))
    written = with_deny(existing, _SID, {name: value for name, value in statement.items() if name != "Sid"})
    if not PERMISSION_SET.fits(written):
        raise NotWritable(
            f"the inline policy would have {PERMISSION_SET.size(written):,} characters with the Deny, and "
            f"{PERMISSION_SET.characters:,} are allowed: use a service control policy"
        )
    return written
