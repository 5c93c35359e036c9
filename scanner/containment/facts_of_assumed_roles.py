"""Roles that people and programs assume: from another account, by an identity provider, by another role.

Sources: "Revoking IAM role temporary security credentials", "Methods to assume a role" and "Role chaining" in the IAM
User Guide; "Revoke active IAM role sessions created by permission sets" in the IAM Identity Center User Guide.
"""

from __future__ import annotations

from scanner.containment.credential_facts import (
    CLI_CACHES,
    CLOSE_FIRST,
    FREEZE,
    HOUR,
    PERMISSION_SET,
    PROCESSES,
    REVOKE,
    ROLE_USERS,
    SCP_IDENTITY,
    SCP_PERSON,
    SCP_TIME,
    KindFacts,
)
from scanner.containment.kinds import Kind

OF_ASSUMED_ROLES: dict[Kind, KindFacts] = {
    "cross-account-role": KindFacts(
        title="Role assumed from another account",
        longest=12 * HOUR,
        lasting="15 minutes to 12 hours, as the role's longest session allows.",
        stops=(REVOKE, FREEZE, SCP_TIME),
        must=(
            "Freeze the trust policy, or narrow it to an external id and the callers that are meant.",
            "Contain the caller in its own account, and tell whoever owns it.",
        ),
        pitfalls=(
            "A Deny in the caller's account does not touch sessions already issued.",
            "CloudTrail shows the two sides in two accounts, joined by sharedEventID.",
        ),
        users=ROLE_USERS,
    ),
    "saml-role": KindFacts(
        title="Role assumed by SAML",
        longest=12 * HOUR,
        lasting="Up to 12 hours in the console.",
        stops=(REVOKE, FREEZE, SCP_TIME),
        must=(
            "Disable the person at the identity provider, and end the sessions there.",
            "Replace the signing certificate if assertions may be forged (iam:UpdateSAMLProvider).",
            "Deny the person in the trust policy by saml:sub.",
        ),
        pitfalls=(
            "A captured assertion can be used for some 5 minutes.",
            "Sessions of the role outlive the account at the identity provider.",
        ),
        users=("Sign in at the identity provider again.", CLI_CACHES, PROCESSES),
    ),
    "oidc-role": KindFacts(
        title="Role assumed with a web identity token",
        longest=12 * HOUR,
        lasting="An hour unless more is asked for, 12 hours at most.",
        stops=(REVOKE, FREEZE, SCP_TIME),
        must=(
            "Deny the sub of the token in the trust policy, and revoke once more then.",
            "Stop whoever issues the tokens from issuing more, such as the workflow.",
        ),
        pitfalls=(
            "While the web identity token lives, the session can be replaced: revoking alone does not hold.",
            "A token cannot be recalled: AWS looks at its signature, audience and expiry alone.",
        ),
        users=("Run the job again.", CLI_CACHES, PROCESSES),
    ),
    "identity-center-role": KindFacts(
        title="Role of IAM Identity Center",
        longest=12 * HOUR,
        lasting="1 to 12 hours, as the permission set says.",
        stops=(SCP_PERSON, PERMISSION_SET, SCP_TIME),
        must=(
            (
                "Disable the person, remove the assignments and end the sessions of the portal, in Identity Center and "
                "at an external identity provider."
            ),
            "Reset the MFA devices, and look for ones that the thief registered.",
        ),
        pitfalls=(
            "IAM refuses to have the role edited in the account (UnmodifiableEntity).",
            "Sessions of the role go on after the portal was signed out of.",
            "An SCP does not reach the management account: there the permission set has to deny.",
        ),
        users=("Sign in at the portal again.", "Run aws sso logout, then sign in again.", CLI_CACHES),
    ),
    "chained-role": KindFacts(
        title="Role assumed by another role",
        longest=HOUR,
        lasting="An hour for each hop, and renewed for ever.",
        stops=(REVOKE, FREEZE, SCP_IDENTITY, SCP_TIME),
        must=(
            "Revoke every role that was or can be reached, with one cutoff.",
            "Follow the lineage in CloudTrail: which session made which.",
        ),
        pitfalls=(
            "Revoking the first role does nothing to sessions of the later ones.",
            "Roles that lead to one another renew each other's sessions.",
        ),
        users=ROLE_USERS,
    ),
    "assumed-role": KindFacts(
        title="Role assumed by users of the account",
        longest=12 * HOUR,
        lasting="15 minutes to 12 hours, as the role's longest session allows.",
        stops=(REVOKE, FREEZE, SCP_TIME),
        must=("Contain the user from whose credentials the session was made.", CLOSE_FIRST),
        pitfalls=("A Deny on the user does not touch sessions of the role already issued.",),
        users=ROLE_USERS,
    ),
}
"""The facts of the kinds of roles that are assumed."""
