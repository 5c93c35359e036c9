"""Which events are alerts, and which of them a function may act on.

A field that an event does not have is matched by ``exists: false`` and by nothing else, so what must not be true is
written as "false, or absent". Types are matched by their beginning, since GuardDuty adds suffixes to them.

Sources: "Creating Amazon EventBridge event patterns" in the EventBridge User Guide; "Processing GuardDuty findings with
Amazon EventBridge" and "GuardDuty active finding types" in the GuardDuty User Guide; "AWS Health events Amazon
EventBridge schema" in the AWS Health User Guide.
"""

from __future__ import annotations

from policies.automation.names import ELSEWHERE
from policies.preparation.language import Language
from scanner.events.samples import HEALTH_EXPOSURES

Pattern = dict[str, object]

_TACTICS = (
    "CredentialAccess", "DefenseEvasion", "Discovery", "Exfiltration", "Impact", "InitialAccess", "PenTest",
    "Persistence", "Policy", "PrivilegeEscalation", "Recon", "Stealth", "UnauthorizedAccess",
)  # fmt: skip
FAMILIES = (
    "AttackSequence:", *(f"{each}:IAMUser/" for each in _TACTICS), "UnauthorizedAccess:EC2/MetadataDNSRebind",
)  # fmt: skip
"""What the types of findings about credentials begin with."""

_CREDENTIAL = ("accessKeyId", "principalId", "userName")
"""Members of a finding that names a credential; which of them there are differs."""

_NOT_TRUE: list[object] = [False, {"exists": False}]
_NO_SAMPLE: list[object] = [
    # The member is beside it in some events and only within this text, which is JSON, in others. What somebody smuggles
    # into a value within that text has a backslash before its quotes, and so is not taken for the member.
    {"anything-but": {"wildcard": ['*"sample":true*', '*"sample": true*']}},
    {"exists": False},
]


def findings() -> Pattern:
    """Findings of GuardDuty about credentials that nobody archived, samples among them."""
    return _findings({"archived": _NOT_TRUE})


def findings_to_act_on() -> Pattern:
    """The same without samples; on which of them nobody has to be asked, the function knows."""
    return _findings({"archived": _NOT_TRUE, "additionalInfo": {"sample": _NOT_TRUE, "value": _NO_SAMPLE}})


def _findings(service: dict[str, object]) -> Pattern:
    named: list[object] = [{"resource": {"accessKeyDetails": {each: [{"exists": True}]}}} for each in _CREDENTIAL]
    of_type = {"type": [{"prefix": each} for each in FAMILIES]}
    return {
        "source": ["aws.guardduty"],
        "detail-type": ["GuardDuty Finding"],
        "detail": {"service": service, "$or": [of_type, *named]},
    }


def exposures() -> Pattern:
    """Events of AWS Health that a key was found in public, or is suspected to be."""
    return _exposures({})


def exposures_to_act_on() -> Pattern:
    """The same while they are open."""
    return _exposures({"statusCode": [{"anything-but": ["closed"]}, {"exists": False}]})


def _exposures(more: dict[str, object]) -> Pattern:
    return {
        "source": ["aws.health"],
        "detail-type": ["AWS Health Event", "AWS Health Abuse Event"],
        "detail": {"eventTypeCode": list(HEALTH_EXPOSURES), **more},
    }


def quarantines(language: Language) -> Pattern:
    """AWS puts its quarantine on a user, or somebody takes it off; told in the one region that tells of IAM."""
    return {
        "source": ["aws.iam"],
        "detail-type": ["AWS API Call via CloudTrail"],
        "detail": {
            "eventSource": ["iam.amazonaws.com"],
            "eventName": ["AttachUserPolicy", "DetachUserPolicy"],
            # A call that was refused changed nothing, and could hold any text.
            "errorCode": [{"exists": False}],
            "requestParameters": {
                "policyArn": [{"prefix": language.arn("iam::aws:policy/AWSCompromisedKeyQuarantine")}]
            },
        },
    }


def alarms_elsewhere() -> Pattern:
    """An alarm of this stack in another region, which no topic of the home region can be the action of."""
    return {
        "source": ["aws.cloudwatch"],
        "detail-type": ["CloudWatch Alarm State Change"],
        "detail": {"alarmName": [{"prefix": f"{ELSEWHERE}-"}], "state": {"value": ["ALARM"]}},
    }
