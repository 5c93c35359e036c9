"""Where every event ends: the topic, the function, both or nothing, by the rules as they are deployed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from policies.automation import MODES, Mode
from scanner.engine.declared import Declared
from scanner.engine.documentation import example_account
from scanner.events.delivery import alarm_routes, dead_letter, routes
from scanner.events.finding_samples import CREDENTIAL_FINDINGS, finding_event
from scanner.events.lint import excludes_archived, lint
from scanner.events.samples import api_call, as_event, health_exposed
from scanner.inventory import EventRule, known
from tests.policies.automation.deployed import (
    AWAY,
    GLOBAL,
    HOME,
    OWN,
    REGIONS,
    Json,
    Stack,
    account_of,
    facts_of,
    stacks,
    template,
)

QUARANTINE = "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantineV3"
Where = dict[Mode, str]
NOBODY: Where = dict.fromkeys(MODES, "nobody")
PEOPLE: Where = dict.fromkeys(MODES, "people")
BOTH: Where = {"notify": "people", "approve": "people and function", "auto": "people and function"}


def finding(
    kind: str = "UnauthorizedAccess:IAMUser/TorIPCaller", severity: float = 5, region: str = HOME, **service: Any
) -> Json:
    event = finding_event("aws", OWN, region, kind, severity)
    found = {**event["detail"]["service"], **service}
    service_of = {name: value for name, value in found.items() if value is not None}
    return {**event, "detail": {**event["detail"], "service": service_of}}


def resource(kind: str, **parts: Any) -> Json:
    event = finding(kind)
    return {**event, "detail": {**event["detail"], "resource": {"resourceType": "S3Bucket", **parts}}}


def other(event: Json, **parts: Any) -> Json:
    return {**event, **parts}


def exposed(number: int = 0, region: str = HOME, kind: str = "AWS Health Event", **detail: Any) -> Json:
    event = health_exposed("aws", OWN, region)[number].event
    return {**event, "detail-type": kind, "detail": {**event["detail"], **detail}}


def attached(policy: str = QUARANTINE, call: str = "AttachUserPolicy", region: str = GLOBAL, **record: Any) -> Json:
    said = {"userName": "ann", "policyArn": policy}
    return as_event(api_call("aws", OWN, region, "iam.amazonaws.com", call, requestParameters=said, **record))


KEY_OF_USER = {"accessKeyId": "AKIAIOSFODNN7EXAMPLE", "userName": "ann", "userType": "IAMUser"}
# The members that findings have in EventBridge and in the API.
SAMPLES: list[dict[str, Any]] = [
    {"sample": True},
    {"sample": True, "type": "default", "value": "{}"},
    {"type": "default", "value": '{"sample":true}'},
    {"type": "default", "value": '{"threatListName":"x", "sample": true}'},
]
REAL: list[Any] = [
    None,
    {"type": "default", "value": "{}"},
    {"sample": False},
    {"type": "default", "value": '{"userAgent":"x \\"sample\\":true"}'},
]

EVENTS: list[tuple[str, Json, Where]] = [
    *((kind, finding(kind, severity), BOTH) for kind, severity in CREDENTIAL_FINDINGS),
    ("a suffix of tomorrow", finding("UnauthorizedAccess:IAMUser/SomethingNew.C!X"), BOTH),
    ("a sequence of tomorrow", finding("AttackSequence:Lambda/Something"), BOTH),
    ("of S3, with the key of a user", resource("Discovery:S3/AnomalousBehavior", accessKeyDetails=KEY_OF_USER), BOTH),
    ("with no more than a principal", resource("Impact:S3/X", accessKeyDetails={"principalId": "AROA1:x"}), BOTH),
    ("of S3, without a credential", resource("Policy:S3/BucketPublicAccessGranted"), NOBODY),
    ("of an instance", finding("CryptoCurrency:EC2/BitcoinTool.B", 8), NOBODY),
    ("that begins like one", finding("UnauthorizedAccess:EC2/SSHBruteForce", 8), NOBODY),
    ("archived", finding(archived=True), NOBODY),
    ("not said to be archived", finding(archived=None), BOTH),
    *((f"a sample: {each}", finding(additionalInfo=each), PEOPLE) for each in SAMPLES),
    *((f"no sample: {each}", finding(additionalInfo=each), BOTH) for each in REAL),
    ("an archived sample", finding(archived=True, additionalInfo={"sample": True}), NOBODY),
    ("another detail type", other(finding(), **{"detail-type": "GuardDuty Runtime Protection Unhealthy"}), NOBODY),
    ("a call on GuardDuty", as_event(api_call("aws", OWN, HOME, "guardduty.amazonaws.com", "GetFindings")), NOBODY),
    ("another source", other(finding(), source="aws.securityhub"), NOBODY),
    ("forged by somebody", other(finding(), source="guardduty"), NOBODY),
    ("a key in public", exposed(), BOTH),
    ("perhaps a key in public", exposed(1), BOTH),
    ("as abuse", exposed(kind="AWS Health Abuse Event"), BOTH),
    ("settled", exposed(statusCode="closed"), PEOPLE),
    ("something else of Health", exposed(eventTypeCode="AWS_EC2_OPERATIONAL_ISSUE"), NOBODY),
    ("a code that begins so", exposed(eventTypeCode="AWS_RISK_CREDENTIALS_EXPOSED_X"), NOBODY),
    ("the quarantine of AWS", attached(), PEOPLE),
    ("an older one", attached(QUARANTINE.removesuffix("V3")), PEOPLE),
    ("taken off", attached(call="DetachUserPolicy"), PEOPLE),
    ("refused", attached(error="AccessDenied"), NOBODY),
    ("another policy", attached("arn:aws:iam::aws:policy/AWSDenyAll"), NOBODY),
    ("one of their own with that name", attached(f"arn:aws:iam::{OWN}:policy/AWSCompromisedKeyQuarantineV3"), NOBODY),
]  # fmt: skip


def ends(made: tuple[Stack, ...], region: str, event: Json) -> str:
    found = routes(account_of(made), region, event, Declared())
    assert not found.open, found.open
    assert all(each.token == "rule:none" for each in found.broken), found.broken
    return {(): "nobody", ("person",): "people", ("person", "responder"): "people and function"}[
        tuple(sorted({way.kind for way in found.reached}))
    ]


STACKS = {mode: stacks(mode) for mode in MODES}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("event", "where"), [each[1:] for each in EVENTS], ids=[each[0] for each in EVENTS])
def test_where_an_event_ends(mode: Mode, event: Json, where: Where) -> None:
    """In the region of the topic; calls on IAM are told in one region alone, and go on from there."""
    region = event["region"] if event["region"] in REGIONS else HOME
    assert ends(STACKS[mode], region, event) == where[mode]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("region", [AWAY, GLOBAL])
def test_from_other_regions(mode: Mode, region: str) -> None:
    for event, where in (
        (finding(region=region), BOTH),
        (finding(region=region, additionalInfo={"sample": True}), PEOPLE),
        (finding(region=region, archived=True), NOBODY),
        (exposed(region=region), BOTH),
    ):
        assert ends(STACKS[mode], region, event) == where[mode]


def test_an_alarm_of_another_region_comes_home() -> None:
    def goes_off(name: str, state: str = "ALARM") -> Json:
        detail = {"alarmName": name, "state": {"value": state}}
        kind = "CloudWatch Alarm State Change"
        return {"source": "aws.cloudwatch", "detail-type": kind, "region": AWAY, "account": OWN, "detail": detail}

    made = STACKS["notify"]
    names = [each["AlarmName"] for each in made[1].of_type("AWS::CloudWatch::Alarm")]
    assert len(names) == 2
    for name in names:
        assert ends(made, AWAY, goes_off(name)) == "people"
        assert ends(made, AWAY, goes_off(name, "OK")) == "nobody"
    for each in made[0].of_type("AWS::CloudWatch::Alarm"):
        # These have the topic itself as their action.
        assert ends(made, HOME, goes_off(each["AlarmName"])) == "nobody"


@pytest.mark.parametrize("home", [HOME, GLOBAL])
@pytest.mark.parametrize("mode", MODES)
def test_nothing_goes_in_circles(mode: Mode, home: str) -> None:
    """What came from another bus is not sent to a third: the home region sends to no bus."""
    for stack in stacks(mode, home=home):
        to = {each["Arn"].split(":")[2] for rule in stack.of_type("AWS::Events::Rule") for each in rule["Targets"]}
        assert to == ({"events"} if stack.region != home else {"sns"} if mode == "notify" else {"sns", "lambda"})


def test_only_the_region_that_tells_of_iam_waits_for_it() -> None:
    with_it = [
        stack.region for stack in STACKS["notify"] if "RuleForwardQuarantines" in stack.resources
    ]  # fmt: skip
    assert with_it == [GLOBAL]
    assert ends(stacks("notify", home=GLOBAL), GLOBAL, attached()) == "people"


@pytest.mark.parametrize("mode", MODES)
def test_our_own_lint_finds_nothing(mode: Mode) -> None:
    for stack in STACKS[mode]:
        for rule in stack.of_type("AWS::Events::Rule"):
            pattern = json.dumps(rule["EventPattern"])
            # A rule at home also takes what other regions send there.
            assert lint(pattern, region="" if stack.region == HOME else stack.region) == ()
            assert excludes_archived(pattern) or "guardduty" not in pattern
            # EventBridge takes 2,048 characters unless somebody asks for more.
            assert len(json.dumps(rule["EventPattern"], separators=(",", ":"))) <= 2_048


@pytest.mark.parametrize("mode", MODES)
def test_what_fails_comes_into_the_queue_of_the_region(mode: Mode) -> None:
    account = account_of(STACKS[mode])
    rules = [rule for region in account.regions for rule in known(region.event_rules)]
    assert len(rules) == {"notify": 4, "approve": 6, "auto": 6}[mode] + 3 + 4
    for rule in rules:
        for target in known(rule.targets):
            found = dead_letter(account, rule, target)
            assert found is not None
            assert found.is_reached, found
            assert (target.dead_letter_queue or "").split(":")[3] == rule.arn.split(":")[3]
            assert (target.retries, target.max_age) == (185, 3_600)


@pytest.mark.parametrize("mode", MODES)
def test_alarms_reach_people(mode: Mode) -> None:
    account = account_of(STACKS[mode])
    at_home = known(account.regions[0].alarms)
    assert len(at_home) == (2 if mode == "notify" else 3)
    for alarm in at_home:
        assert alarm_routes(account, alarm).is_reached, alarm
    rules = {each["Name"] for each in STACKS[mode][0].of_type("AWS::Events::Rule")}
    (failed,) = [
        each for each in STACKS[mode][0].of_type("AWS::CloudWatch::Alarm") if each["AlarmName"].endswith("-failed")
    ]
    measured = [each["MetricStat"]["Metric"] for each in failed["Metrics"] if "MetricStat" in each]
    assert {each["MetricName"] for each in measured} == {"FailedInvocations"}
    assert {each["Dimensions"][0]["Value"] for each in measured} == rules


def test_nobody_is_told_before_the_subscription_is_confirmed() -> None:
    found = routes(account_of(STACKS["notify"], confirmed=False), HOME, finding(), Declared())
    assert not found.is_reached
    unheard = stacks("notify", Email="")
    assert not routes(account_of(unheard), HOME, finding(), Declared()).is_reached


def _statement(document: Json, sid: str) -> Json:
    (found,) = [each for each in document["Statement"] if each.get("Sid") == sid]
    assert isinstance(found, dict)
    return found


def _topic(facts: Json) -> Json:
    found: Json = facts["topics"][0]["detail"]["policy"]["document"]
    return found


def _key(facts: Json) -> Json:
    found: Json = facts["keys"][0]["policy"]["document"]
    return found


def _for_rules_alone(facts: Json) -> None:
    """What many key policies ask, and lets nothing in."""
    _statement(_key(facts), "RulesAndAlarmsPublish")["Condition"] = {
        "ArnLike": {"aws:SourceArn": f"arn:aws:events:*:{OWN}:rule/*"}
    }


def _untrusting(facts: Json) -> None:
    for role in facts["roles"]:
        if "forward" in role["name"]:
            role["trust"]["Statement"][0]["Condition"]["StringEquals"]["aws:SourceAccount"] = "999988887777"


def _of_no_function(facts: Json) -> None:
    facts["functions"][0]["policy"]["document"]["Statement"].clear()


BROKEN: list[tuple[str, Callable[[Json], None], str, str]] = [
    ("the topic lets no rule in", lambda facts: _topic(facts)["Statement"].pop(0), HOME, "target:topic-closed"),
    ("the key does not", lambda facts: _key(facts)["Statement"].pop(1), HOME, "topic:key-closed"),
    ("the key asks for which rule", _for_rules_alone, HOME, "topic:key-closed"),
    ("EventBridge may not assume the role", _untrusting, AWAY, "bus:role-not-allowed"),
    ("the function lets no rule in", _of_no_function, HOME, "target:function-closed"),
]


@pytest.mark.parametrize(("spoil", "region", "token"), [each[1:] for each in BROKEN], ids=[each[0] for each in BROKEN])
def test_the_parts_are_needed(spoil: Callable[[Json], Any], region: str, token: str) -> None:
    facts = json.loads(json.dumps(facts_of(STACKS["auto"])))
    spoil(facts)
    found = routes(example_account(json.dumps(facts)), region, finding(region=region), Declared())
    assert token in {each.token for each in found.broken}


def test_no_rule_of_others_is_let_in() -> None:
    """Neither into the topic, nor into the queue, the function or the role."""
    facts = facts_of(STACKS["auto"])
    text = json.dumps(facts)
    assert "*" not in "".join(
        json.dumps(each["Condition"]) for each in _topic(facts)["Statement"] if each["Sid"] == "RulesPublish"
    )
    assert text.count('"Principal": "*"') == text.count('"Effect": "Deny", "Principal": "*"')
    for permission in STACKS["auto"][0].of_type("AWS::Lambda::Permission"):
        assert permission["SourceArn"].startswith(f"arn:aws:events:{HOME}:{OWN}:rule/guardrift-alerting-act-on-")


def test_messages_are_made_of_fields_that_nobody_else_chooses() -> None:
    """EventBridge does not escape what it fills in: one quote, and the text is none that it delivers."""
    chosen = ("title", "description", "userAgent", "arn", "reason", "latestDescription", "tags", "errorMessage")
    rules: list[EventRule] = []
    for each in template("notify")["Resources"].values():
        if each["Type"] != "AWS::Events::Rule" or "InputTransformer" not in each["Properties"]["Targets"][0]:
            continue
        made = each["Properties"]["Targets"][0]["InputTransformer"]
        rules.append(each)
        for path in made["InputPathsMap"].values():
            assert path.startswith("$.")
            assert path.rpartition(".")[2] not in chosen
        lines = [json.loads(line) for line in made["InputTemplate"].split("\n")]
        named = {name for line in lines for name in line.replace("<", ">").split(">")[1::2]}
        assert named == set(made["InputPathsMap"])
        assert len(made["InputTemplate"]) <= 8_192
    assert len(rules) == 4
