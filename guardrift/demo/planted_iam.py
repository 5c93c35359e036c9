"""What is wrong with what principals of the demo account may do, and with whom its roles trust."""

from __future__ import annotations

from guardrift.demo.place import ACCOUNT, Place, Planted, Seed, Twin
from guardrift.demo.roles import RESPONSE_ROLE

_GUIDE: Seed = "guide-credential-breach"


def _role(name: str) -> Place:
    return Place("role", name)


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
    Planted(
        "trust-confused-deputy",
        "Step Functions may assume a role for whichever customer of AWS names it",
        _GUIDE,
        _role("export-workflow"),
        (Twin(_role("report-runner"), "aws:SourceAccount limits Step Functions to work for this account"),),
        rule_id="iam-role-trust-confused-deputy",
    ),
)

_ESCALATION = "iam-privilege-escalation"
_OPERATOR = Place("user", "systems-operator")
_READER = Place("user", "bucket-lister")

_PATHS = (
    Planted(
        "responder-too-wide",
        "the responder that revokes sessions can attach any policy to any role, itself included",
        "automation-role-credential-exfiltration",
        _role("session-revoker"),
        (
            Twin(_role("quarantine-responder"), "it can attach AWSDenyAll only, to the web servers' roles only"),
            Twin(_role(RESPONSE_ROLE), "it can attach AWSDenyAll only"),
        ),
        rule_id=_ESCALATION,
    ),
    Planted(
        "escalation-in-two-hops",
        "a build agent assumes a role that can make itself an administrator",
        _GUIDE,
        Place("user", "build-agent"),
        (
            Twin(
                Place("user", "report-agent"), "it may ask for a role like it, but that role trusts only Step Functions"
            ),
        ),
        rule_id=_ESCALATION,
    ),
    Planted(
        "escalation-in-one-hop",
        "a role can attach AdministratorAccess to itself",
        _GUIDE,
        _role("release-runner"),
        (Twin(_role("quarantine-responder"), "the policy it can attach grants nothing, and never to itself"),),
        rule_id=_ESCALATION,
    ),
    Planted(
        "escalation-of-a-service",
        "the role that report-agent cannot reach can escalate too, for whoever starts its state machine",
        _GUIDE,
        _role("report-runner"),
        (Twin(_role("bastion-retired"), "it has no permission in IAM"),),
        rule_id=_ESCALATION,
    ),
    Planted(
        "escalation-over-a-workload",
        "an operator without rights in IAM can take over what runs with the rights of others",
        _GUIDE,
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
        "instance-role-destroys-data",
        "whoever takes over a web server can delete every object, with its older versions",
        "workshop-0-instance-credential-exfiltration",
        _role("web-legacy-app"),
        (Twin(_role("web-modern-app"), "it cannot write"),),
        rule_id="iam-can-destroy-data",
    ),
    Planted(
        "instance-role-reads-parameters",
        "AWS's policy for managed instances lets the role of a bastion host read every parameter",
        "workshop-0-instance-credential-exfiltration",
        _role("bastion-retired"),
        (Twin(_role("web-modern-app"), "a policy of the customer lets its agent work, and reads no parameters"),),
        rule_id="iam-can-read-all-secrets",
    ),
    Planted(
        "operator-too-wide",
        "an operator may change everything but IAM",
        _GUIDE,
        _OPERATOR,
        (Twin(_READER, "its AdministratorAccess is the customer's own, and changes nothing"),),
        rule_id="iam-wildcard-write",
    ),
    Planted(
        "operator-stops-detection",
        "an operator who is no administrator can stop trails, detectors and alerts",
        _GUIDE,
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
        "unused-profile",
        "the instance profile of that bastion host waits for whoever starts an instance with it",
        "workshop-0-instance-credential-exfiltration",
        Place("instance-profile", "bastion-retired"),
        (Twin(Place("instance-profile", "web-modern-app"), "an instance runs with it"),),
        rule_id="instance-profile-unused",
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

_RESPONSE = (
    Planted(
        "response-role-editable",
        "the responder that can attach any policy to any role can do so to the role with which people contain",
        "automation-role-credential-exfiltration",
        ACCOUNT,
        (Twin(_role("quarantine-responder"), "it cannot change the role with which people contain"),),
        rule_id="response-role-editable",
    ),
)

IN_IAM: tuple[Planted, ...] = (*_TRUST, *_PATHS, *_REACH, *_RESPONSE)
