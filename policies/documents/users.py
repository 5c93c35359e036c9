"""Documents that hold a user; each is an inline policy of the user, whose policies bind the user's sessions, too.

Sources: "Disabling permissions for temporary security credentials", "Permissions for GetSessionToken", "Permissions for
GetFederationToken" and "AWS global condition context keys" in the IAM User Guide.
"""

from __future__ import annotations

from policies.cutoff import PLACEHOLDER
from policies.documents.quotas import INLINE_OF_USER
from policies.documents.sessions import issued_before
from policies.documents.template import IAM, Effects, PrincipalTemplate
from policies.documents.values import cutoff as checked_cutoff
from policies.documents.writing import PolicyDocument, deny, document

QUARANTINE_POLICY = "ir-quarantine-user"
"""The inline policy that denies everything to a user."""

USER_SESSIONS_POLICY = "ir-revoke-user-sessions"
"""The inline policy that ends the sessions of a user; the one that demands MFA takes its place."""

_DISABLING = f"{IAM}id_credentials_temp_control-access_disable-perms.html"
_SESSION_TOKEN = f"{IAM}id_credentials_temp_control-access_getsessiontoken.html"
_KEEP = "36 hours after the cutoff: the longest session of GetSessionToken and GetFederationToken."

QUARANTINE_USER = PrincipalTemplate(
    name="quarantine-user",
    title="Quarantine a user",
    applies_to="user",
    layer="inline",
    quota=INLINE_OF_USER,
    description=(
        "Denies everything to the user and to every session made with the user's credentials, and makes the access "
        "keys inactive."
    ),
    keep=(
        "Until the credentials are replaced and no old session is left: 36 hours after the last key became inactive, "
        "the longest session of GetSessionToken and GetFederationToken."
    ),
    place=f"As the inline policy {QUARANTINE_POLICY} of the user: aws iam put-user-policy; then end the keys.",
    breaks="Everything that uses the user's keys, password or sessions.",
    effects=Effects(
        old_session="denied",
        new_session="denied",
        long_term_key="denied",
        others="Sessions of roles that the user has assumed are not the user's, and go on: revoke those roles.",
    ),
    needs=("user",),
    file="quarantine.json",
    sources=(_DISABLING,),
)

REVOKE_USER_SESSIONS = PrincipalTemplate(
    name="revoke-user-sessions",
    title="Revoke the sessions of a user, and leave the access keys working",
    applies_to="user",
    layer="inline",
    quota=INLINE_OF_USER,
    description=(
        "Denies everything to the sessions that the user, or a thief, made before the cutoff: with GetSessionToken, "
        "with GetFederationToken, and by signing in to the console. Requests signed with an access key carry no time "
        "of issue and work as before, so whoever has the key makes himself a new session: use it where the key is "
        "safe, or already replaced."
    ),
    keep=_KEEP,
    place=f"As the inline policy {USER_SESSIONS_POLICY} of the user: aws iam put-user-policy.",
    breaks="People who are signed in as this user sign in again; programs that hold a session need another one.",
    effects=Effects(
        old_session="denied",
        new_session="as before",
        long_term_key="as before",
        others="Sessions of roles that the user has assumed go on: revoke those roles.",
    ),
    needs=("user",),
    file="revoke-user-sessions.json",
    sources=(_DISABLING,),
)

REQUIRE_USER_MFA = PrincipalTemplate(
    name="require-user-mfa",
    title="Leave a user nothing but new sessions with MFA",
    applies_to="user",
    layer="inline",
    quota=INLINE_OF_USER,
    description=(
        "Denies everything to whatever was not signed in with MFA since the cutoff: to the access keys themselves, to "
        "sessions without MFA, and to all from before. The owner goes on working, with the MFA device: in the console, "
        "or with sessions of GetSessionToken, which policies do not control. It is worth as much as the device: if a "
        "thief may have added one, remove it first, or quarantine the user."
    ),
    keep=_KEEP + " That MFA is demanded may stay for good.",
    place=f"As the inline policy {USER_SESSIONS_POLICY} of the user: aws iam put-user-policy.",
    breaks="Programs that use the access keys, and every federated session of the user, since those never carry MFA.",
    effects=Effects(
        old_session="denied",
        new_session="as before",
        long_term_key="denied",
        others="A new session without MFA is denied, too; sessions of roles that the user has assumed go on.",
    ),
    needs=("user",),
    file="require-user-mfa.json",
    sources=(_DISABLING, _SESSION_TOKEN),
)


def quarantine_user() -> PolicyDocument:
    """Deny everything, whatever the credential."""
    return document({"Sid": "IrQuarantineUser", "Effect": "Deny", "Action": "*", "Resource": "*"})


def revoke_user_sessions(cutoff: str = PLACEHOLDER) -> PolicyDocument:
    """Deny everything to sessions issued before the cutoff, and nothing to a long-term key."""
    return document(deny("IrRevokeSessions", issued_before(cutoff)))


def require_user_mfa(cutoff: str = PLACEHOLDER) -> PolicyDocument:
    """Deny everything but to sessions issued since the cutoff with MFA.

    A request signed with a long-term key has neither key, and ``IfExists`` makes that a match.
    """
    without_mfa = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
    before = {"DateLessThanIfExists": {"aws:TokenIssueTime": checked_cutoff(cutoff)}}
    return document(deny("IrRequireMfa", without_mfa), deny("IrRevokeOld", before))
