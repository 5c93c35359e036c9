"""Credentials of users, of the root user, and of those to whom a user hands some.

Sources: "Disabling permissions for temporary security credentials", "GetSessionToken", "GetFederationToken" and "IAM
temporary delegation" in the IAM User Guide; "Centrally manage root access" there; RevokeOAuth2TokenWithIAM in the AWS
Sign-In API Reference; GetDelegatedAccessToken in the AWS STS API Reference.
"""

from __future__ import annotations

from scanner.containment.credential_facts import (
    BOUNDARY,
    CLI_CACHES,
    HOUR,
    PROCESSES,
    QUARANTINE,
    REVOKE,
    REVOKE_USER,
    SCP_PRINCIPALS,
    KindFacts,
)
from scanner.containment.kinds import Kind

OF_USERS: dict[Kind, KindFacts] = {
    "user-key": KindFacts(
        title="Long-term access key of a user",
        longest=None,
        lasting="For ever, until it is made inactive or deleted.",
        stops=(QUARANTINE, SCP_PRINCIPALS, BOUNDARY),
        must=(
            "Make every access key of the user inactive; do not delete one, or its last use is lost.",
            "Look at password, MFA devices, service-specific credentials, SSH keys and signing certificates.",
            "Replace whatever secrets the user could read.",
        ),
        pitfalls=(
            "A revocation by time does not match a long-term key, which has no time of issue.",
            "Making a key inactive does not end the sessions that were made from it.",
            "All inline policies of a user together have 2,048 characters.",
            "Making a key inactive takes seconds to spread.",
        ),
        users=("Get new access keys, best none: a role in their place.", PROCESSES),
    ),
    "user-session": KindFacts(
        title="Session of a user (GetSessionToken)",
        longest=36 * HOUR,
        lasting="15 minutes to 36 hours, 12 unless more is asked for; an hour for the root user.",
        stops=(QUARANTINE, REVOKE_USER, SCP_PRINCIPALS),
        must=(
            "Find the sessions in CloudTrail: userIdentity of type IAMUser with a key that begins with ASIA.",
            "Make the access key inactive from which they were made.",
        ),
        pitfalls=(
            "They outlive the deactivation of the key from which they were made.",
            "UpdateAccessKey knows no temporary key.",
            "Made with MFA, they may call IAM.",
        ),
        users=("Ask for a new session, with MFA.", CLI_CACHES, PROCESSES),
    ),
    "federated-user": KindFacts(
        title="Federated user (GetFederationToken)",
        longest=36 * HOUR,
        lasting="15 minutes to 36 hours, 12 unless more is asked for.",
        stops=(QUARANTINE, REVOKE_USER, SCP_PRINCIPALS),
        must=(
            "Put the Deny on the user who made the session, whom CloudTrail names as its sessionIssuer.",
            "Look for userIdentity of type FederatedUser in CloudTrail.",
        ),
        pitfalls=(
            "An IAM user of the same name need not be the one who made the session.",
            "The session is told to outlive even the key from which it was made.",
            "By the API it cannot call IAM or STS, but a console session built from it can.",
        ),
        users=("Ask whoever hands out the sessions for a new one.",),
    ),
    "console-session": KindFacts(
        title="Console session of a user",
        longest=12 * HOUR,
        lasting="Up to 12 hours; what aws login makes lives for 15 minutes and is renewed for up to 12 hours.",
        stops=(QUARANTINE, REVOKE_USER, SCP_PRINCIPALS),
        must=(
            "Delete the login profile, and deactivate MFA devices that the thief registered.",
            (
                "For aws login, deny signin:AuthorizeOAuth2Access and signin:CreateOAuth2Token, or one session by "
                "aws:SignInSessionArn."
            ),
        ),
        pitfalls=(
            "Do not count on a new password to end a session.",
            "CloudShell and aws login hand out further credentials from the session.",
            "Revoking a refresh token leaves the access tokens valid that it gave, for up to an hour.",
        ),
        users=("Sign in again.", "Run aws logout, then aws login.", CLI_CACHES),
    ),
    "root": KindFacts(
        title="Root user",
        longest=None,
        lasting="Password and keys for ever, a session up to 12 hours; sessions of STS an hour.",
        stops=(SCP_PRINCIPALS,),
        must=(
            "Page a human.",
            "In a member account delete the root user's credentials by central root access (sts:AssumeRoot).",
            "Take back the mailbox, and change password and MFA devices.",
        ),
        pitfalls=(
            "No policy reaches the root user of the management account: change the password, delete keys, contact AWS.",
            "No identity policy can be put on a root user.",
        ),
        users=("Nobody should work as root: use a role.",),
    ),
    "bedrock-key": KindFacts(
        title="API key of Amazon Bedrock",
        longest=None,
        lasting="A long-term one until it expires, if ever; a short-term one up to 12 hours.",
        stops=(QUARANTINE, SCP_PRINCIPALS),
        must=(
            "Make the key inactive (iam:UpdateServiceSpecificCredential).",
            "Look for access keys and a password on the user who holds it.",
            "For a short-term key revoke the sessions of the principal that made it.",
        ),
        pitfalls=("It is a bearer token: searches for an access key do not find its use.",),
        users=("Make a new API key.",),
    ),
    "delegated-access": KindFacts(
        title="Access delegated to a partner",
        longest=None,
        lasting="As long as the request says that was accepted.",
        stops=(REVOKE, QUARANTINE),
        must=(
            (
                "List and reject the requests (iam:ListDelegationRequests, RejectDelegationRequest); one whose token "
                "went out cannot be rolled back."
            ),
            "Contain the identity that accepted the request: the delegated credentials have its permissions.",
            "Tell the partner.",
        ),
        pitfalls=(
            "Whether a revocation by time matches such credentials is not documented: deny the identity altogether.",
        ),
        users=("Accept a new request.",),
    ),
}
"""The facts of the kinds of credentials that hang on a user."""
