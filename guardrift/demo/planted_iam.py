"""What is wrong with the principals of the demo account and their credentials."""

from __future__ import annotations

from guardrift.demo.place import Place, Planted, Twin


def _user(name: str) -> Place:
    return Place("user", name)


def _role(name: str) -> Place:
    return Place("role", name)


_KEYS = (
    Planted(
        "old-key",
        "a key in daily use was made 400 days ago",
        "guide-credential-breach",
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
        "guide-credential-breach",
        _user("former-contractor"),
        (Twin(_user("new-hire"), "its key was made yesterday"),),
        rule_id="iam-access-key-age",
    ),
    Planted(
        "never-used-key",
        "a key made 400 days ago was never used",
        "guide-credential-breach",
        _user("former-contractor"),
        (
            Twin(_user("nightly-export"), "its key is as old, but in use"),
            Twin(_user("new-hire"), "its key was never used either, but was made yesterday"),
        ),
        rule_id="iam-access-key-never-used",
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
        "guide-credential-breach",
        _user("test"),
        (
            Twin(_user("bucket-lister"), "its AdministratorAccess is the customer's own, and only lists buckets"),
            Twin(_user("bounded-admin"), "its permissions boundary leaves s3:Get* of AdministratorAccess"),
            Twin(_user("systems-operator"), "an inline Deny leaves it nothing of IAM, so it cannot undo that either"),
        ),
        rule_id="iam-user-admin",
    ),
    Planted(
        "administrator-by-group",
        "a user is an administrator through a group",
        "guide-credential-breach",
        _user("platform-lead"),
        (Twin(_user("support-lead"), "its group may only read"),),
        rule_id="iam-user-admin",
    ),
    Planted(
        "administrator-inline",
        'an inline policy spells the administrator as "*:*"',
        "guide-credential-breach",
        _user("break-glass"),
        (Twin(_user("parameter-reader"), "its inline policy allows two actions"),),
        rule_id="iam-user-admin",
    ),
    Planted(
        "administrator-held-back",
        "an administrator was quarantined by a Deny on everything, and is one again when that goes",
        "guide-credential-breach",
        _user("quarantined-admin"),
        (Twin(_user("systems-operator"), "its Deny is no quarantine, but how it is meant to be"),),
        rule_id="iam-user-admin",
    ),
    Planted(
        "console-without-mfa",
        "a user has a password and no MFA",
        "guide-credential-breach",
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
        "guide-credential-breach",
        _user("test"),
        (Twin(_user("platform-lead"), "it is an administrator with a password, and has MFA"),),
        rule_id="iam-console-user-without-mfa",
    ),
)

_TRUST = (
    Planted(
        "trust-foreign-account",
        "a role trusts a vendor's account without an external id",
        "workshop-1-compromised-iam-credentials",
        _role("vendor-monitoring"),
        (Twin(_role("vendor-backup"), "it trusts the same account, with an external id"),),
        rule_id="iam-role-trust-foreign-account",
    ),
    Planted(
        "trust-anyone",
        "a role can be assumed by everyone who has an AWS account",
        "workshop-1-compromised-iam-credentials",
        _role("partner-share"),
        (Twin(_role("organization-share"), "aws:PrincipalOrgID limits its open principal to the organization"),),
        rule_id="iam-role-trust-anyone",
    ),
)

_ESCALATION = "iam-privilege-escalation"
_OPERATOR = _user("systems-operator")
_READER = _user("bucket-lister")

_PATHS = (
    Planted(
        "responder-too-wide",
        "the responder that revokes sessions can attach any policy to any role, itself included",
        "automation-role-credential-exfiltration",
        _role("session-revoker"),
        (Twin(_role("quarantine-responder"), "it can attach AWSDenyAll only, to the web servers' roles only"),),
        rule_id=_ESCALATION,
    ),
    Planted(
        "escalation-in-two-hops",
        "a build agent assumes a role that can make itself an administrator",
        "guide-credential-breach",
        _user("build-agent"),
        (Twin(_user("report-agent"), "it may ask for a role like it, but that role trusts only Step Functions"),),
        rule_id=_ESCALATION,
    ),
    Planted(
        "escalation-in-one-hop",
        "a role can attach AdministratorAccess to itself",
        "guide-credential-breach",
        _role("release-runner"),
        (Twin(_role("quarantine-responder"), "the policy it can attach grants nothing, and never to itself"),),
        rule_id=_ESCALATION,
    ),
    Planted(
        "escalation-of-a-service",
        "the role that report-agent cannot reach can escalate too, for whoever starts its state machine",
        "guide-credential-breach",
        _role("report-runner"),
        (Twin(_role("bastion-retired"), "it has no permission in IAM"),),
        rule_id=_ESCALATION,
    ),
    Planted(
        "escalation-over-a-workload",
        "an operator without rights in IAM can take over what runs with the rights of others",
        "guide-credential-breach",
        _OPERATOR,
        (Twin(_role("web-legacy-app"), "what it can change runs with no more rights than its own"),),
        rule_id=_ESCALATION,
    ),
)

_REACH = (
    Planted(
        "instance-role-too-wide",
        "the role of a web server owns every table, bucket and parameter",
        "workshop-0-instance-credential-exfiltration",
        _role("web-legacy-app"),
        (Twin(_role("web-modern-app"), "it may read the items of one table"),),
        rule_id="iam-wildcard-write",
    ),
    Planted(
        "operator-too-wide",
        "an operator may change everything but IAM",
        "guide-credential-breach",
        _OPERATOR,
        (Twin(_READER, "its AdministratorAccess is the customer's own, and changes nothing"),),
        rule_id="iam-wildcard-write",
    ),
    Planted(
        "operator-stops-detection",
        "an operator who is no administrator can stop trails, detectors and alerts",
        "guide-credential-breach",
        _OPERATOR,
        (Twin(_READER, "its AdministratorAccess is the customer's own, and stops nothing"),),
        rule_id="iam-can-stop-detection",
    ),
    Planted(
        "session-without-end",
        "a role that admits everyone admits itself, so that a stolen session renews itself",
        "workshop-1-compromised-iam-credentials",
        _role("partner-share"),
        (Twin(_role("vendor-monitoring"), "it too admits strangers, but no role of this account"),),
        rule_id="iam-role-cycle",
    ),
    Planted(
        "session-without-end-in-the-organization",
        "a role that admits the organization admits itself, if the account is in it",
        "workshop-1-compromised-iam-credentials",
        _role("organization-share"),
        (Twin(_role("vendor-backup"), "it too admits strangers, but no role of this account"),),
        rule_id="iam-role-cycle",
    ),
    Planted(
        "unused-role",
        "the role of a bastion host that is gone was last used more than a year ago",
        "workshop-0-instance-credential-exfiltration",
        _role("bastion-retired"),
        (Twin(_role("partner-share"), "it was used two months ago"),),
        rule_id="iam-role-unused",
    ),
    Planted(
        "responder-never-tried",
        "a responder was made long ago, and nobody ever tried it out",
        "automation-role-credential-exfiltration",
        _role("quarantine-responder"),
        (Twin(_role("session-revoker"), "it ran 40 days ago"),),
        rule_id="iam-role-unused",
    ),
)

IN_IAM: tuple[Planted, ...] = (*_KEYS, *_ADMINISTRATORS, *_TRUST, *_PATHS, *_REACH)
