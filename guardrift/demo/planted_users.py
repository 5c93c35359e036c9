"""What is wrong with the users of the demo account and their credentials."""

from __future__ import annotations

from guardrift.demo.gaps_account import CREDENTIAL_USER
from guardrift.demo.place import Place, Planted, Seed, Twin
from guardrift.demo.users import BREAK_GLASS

_GUIDE: Seed = "guide-credential-breach"


def _user(name: str) -> Place:
    return Place("user", name)


_KEYS = (
    Planted(
        "old-key",
        "a key in daily use was made 400 days ago",
        _GUIDE,
        _user("nightly-export"),
        (
            Twin(_user("daily-export"), "its key is 20 days old"),
            Twin(_user("retired-batch"), "its key is 700 days old, but inactive"),
        ),
        rule_id="iam-access-key-age",
    ),
    Planted(
        "old-unused-key",
        "a key that nobody uses is 400 days old all the same",
        _GUIDE,
        _user("former-contractor"),
        (Twin(_user("new-hire"), "its key was made yesterday"),),
        rule_id="iam-access-key-age",
    ),
    Planted(
        "never-used-key",
        "a key made 400 days ago was never used",
        _GUIDE,
        _user("former-contractor"),
        (
            Twin(_user("nightly-export"), "its key is as old, but in use"),
            Twin(_user("new-hire"), "its key was never used either, but was made yesterday"),
        ),
        rule_id="iam-access-key-never-used",
    ),
    Planted(
        "key-of-an-administrator",
        "a key of the administrator test is the whole account, for a day and a half after it is deactivated",
        _GUIDE,
        _user("test"),
        (Twin(_user("daily-export"), "its key can only write exports"),),
        rule_id="access-key-reaches-administrator",
    ),
    Planted(
        "key-that-leads-to-an-administrator",
        "a key leads to an administrator over a role",
        _GUIDE,
        _user("build-agent"),
        (Twin(_user("report-agent"), "the role that its key asks for does not let it in"),),
        rule_id="access-key-reaches-administrator",
    ),
    Planted(
        "key-that-multiplies",
        "whoever holds the key can ask for sessions that outlive it",
        "scenario-compromised-iam-user",
        _user("test"),
        (Twin(_user("build-agent"), "its key may not ask for a federation token"),),
        rule_id="iam-user-federation-token",
    ),
    Planted(
        "service-credential",
        "a user has a password for Git repositories, which the deactivation of its access key leaves valid",
        "scenario-compromised-iam-user",
        _user(CREDENTIAL_USER),
        (Twin(_user("report-agent"), "its password for Git is deactivated"),),
        rule_id="service-credential-active",
    ),
    Planted(
        "leaking-key",
        "the key that leaks tonight is young, in use and narrow: nothing was wrong with it before",
        "scenario-compromised-iam-user",
        _user("parameter-reader"),
        (Twin(_user("daily-export"), "a key like it that does not leak"),),
        planned="no posture fault: the containment plan for the user is the answer",
    ),
)

_ADMINISTRATORS = (
    Planted(
        "administrator-attached",
        "the user test has AdministratorAccess and a key",
        _GUIDE,
        _user("test"),
        (
            Twin(_user("bucket-lister"), "its AdministratorAccess is the customer's own, and only lists buckets"),
            Twin(_user("bounded-admin"), "its permissions boundary leaves s3:Get* of AdministratorAccess"),
            Twin(_user("systems-operator"), "an inline Deny leaves it nothing of IAM, so it cannot undo that either"),
            Twin(_user(BREAK_GLASS), "it is as powerful, for emergencies, and was declared"),
        ),
        rule_id="iam-user-admin",
    ),
    Planted(
        "administrator-by-group",
        "a user is an administrator through a group",
        _GUIDE,
        _user("platform-lead"),
        (Twin(_user("support-lead"), "its group may only read"),),
        rule_id="iam-user-admin",
    ),
    Planted(
        "administrator-inline",
        'an inline policy spells the administrator as "*:*"',
        _GUIDE,
        _user("data-migration"),
        (Twin(_user("parameter-reader"), "its inline policy allows two actions"),),
        rule_id="iam-user-admin",
    ),
    Planted(
        "administrator-held-back",
        "an administrator was quarantined by a Deny on everything, and is one again when that goes",
        _GUIDE,
        _user("quarantined-admin"),
        (Twin(_user("systems-operator"), "its Deny is no quarantine, but how it is meant to be"),),
        rule_id="iam-user-admin",
    ),
    Planted(
        "console-without-mfa",
        "a user has a password and no MFA",
        _GUIDE,
        _user("support-agent"),
        (
            Twin(_user("support-lead"), "it has a password and MFA"),
            Twin(_user("daily-export"), "it has no password"),
        ),
        rule_id="iam-console-user-without-mfa",
    ),
    Planted(
        "administrator-console-without-mfa",
        "the administrator test has a password and no MFA",
        _GUIDE,
        _user("test"),
        (Twin(_user("platform-lead"), "it is an administrator with a password, and has MFA"),),
        rule_id="iam-console-user-without-mfa",
    ),
    Planted(
        "quarantine-left-over",
        "an administrator is held back by a Deny, and nobody decided what is to become of it",
        _GUIDE,
        _user("quarantined-admin"),
        (Twin(_user("systems-operator"), "its Deny leaves it the rest of its work"),),
        rule_id="iam-principal-held-back",
    ),
    Planted(
        "administrator-unused",
        "the user of a migration that was over last year is an administrator still",
        _GUIDE,
        _user("data-migration"),
        (
            Twin(_user("platform-lead"), "it signed in yesterday"),
            Twin(_user(BREAK_GLASS), "it lies unused on purpose, and was declared"),
        ),
        rule_id="iam-user-unused",
    ),
    Planted(
        "quarantined-unused",
        "an administrator in quarantine was never used",
        _GUIDE,
        _user("quarantined-admin"),
        (Twin(_user("systems-operator"), "it signed in yesterday"),),
        rule_id="iam-user-unused",
    ),
    Planted(
        "console-session-to-command-line",
        "an administrator can turn a session of the browser into credentials that are renewed for hours",
        "scenario-compromised-iam-user",
        _user("test"),
        (
            Twin(_user("platform-lead"), "a policy of its group denies aws login"),
            Twin(_user("systems-operator"), "its inline policy denies aws login"),
        ),
        rule_id="iam-local-sign-in",
    ),
)

_BY_GROUP = (
    Twin(_user("nightly-export"), "what it may do comes from its group"),
    Twin(_user("support-lead"), "its group may only read"),
)

_OF_THEIR_OWN = tuple(
    Planted(
        f"policy-of-its-own-{name}",
        f"{name} carries a policy of its own, which nobody sees who looks at the groups",
        _GUIDE,
        _user(name),
        _BY_GROUP,
        rule_id="iam-user-policy-direct",
    )
    for name in (
        "parameter-reader", "build-agent", "report-agent", "test", "data-migration", "bucket-lister", "bounded-admin",
        "systems-operator", "quarantined-admin",
    )
)  # fmt: skip

OF_USERS: tuple[Planted, ...] = (*_KEYS, *_ADMINISTRATORS, *_OF_THEIR_OWN)
