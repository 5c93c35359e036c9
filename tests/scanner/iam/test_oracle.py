"""The oracle's own truth tables: hand-made cases, one or more for every rule that the IAM User Guide states."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.accounts import FOREIGN, OWN, Json, allow, deny, policy
from tests.scanner.iam.oracle import Case, allowed

ACCOUNT = f"arn:aws:iam::{OWN}:root"
USER = f"arn:aws:iam::{OWN}:user/ann"
ROLE = f"arn:aws:iam::{OWN}:role/app"
SESSION = f"arn:aws:sts::{OWN}:assumed-role/app/s1"
FEDERATED = f"arn:aws:sts::{OWN}:federated-user/bob"
LINKED = f"arn:aws:iam::{OWN}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
QUEUE = f"arn:aws:sqs:eu-west-1:{OWN}:jobs"
KEY = f"arn:aws:kms:eu-west-1:{OWN}:key/1"

ALLOW, DENY, OTHER = policy(allow()), policy(deny()), policy(allow("iam:*"))
FULL, SHUT = [[ALLOW], [ALLOW], [ALLOW]], policy(deny(Principal="*"))

AS_USER = Case(principal=USER, action="sqs:SendMessage", resource=QUEUE, resource_account=OWN)
AS_ROLE = replace(AS_USER, principal=ROLE)
AS_SESSION = replace(AS_USER, principal=SESSION, entity=ROLE)
AS_FEDERATED = replace(AS_USER, principal=FEDERATED, entity=USER)
AS_ROOT = replace(AS_USER, principal=ACCOUNT)
AS_LINKED = replace(AS_USER, principal=LINKED)
AS_SERVICE = replace(AS_USER, principal="events.amazonaws.com")


def to(*names: str, kind: str = "AWS", effect: str = "Allow", element: str = "Principal", **elements: object) -> Json:
    """A resource policy that names these principals."""
    return policy({"Effect": effect, element: {kind: list(names)}, "Action": "*", "Resource": "*", **elements})


def able(case: Case, **facts: Any) -> bool:
    return allowed(replace(case, **facts))


HERE = {"identity": [ALLOW]}
AS_STRANGER = replace(AS_USER, principal=f"arn:aws:iam::{FOREIGN}:user/eve", identity=[ALLOW])
ONLY_EVENTS, ONLY_QUEUES = to("events.amazonaws.com", kind="Service"), policy(allow("sqs:*"))
ALL_BUT_IAM = policy({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})

ORDER: list[tuple[str, Case, dict[str, Any], bool]] = [
    ("0 root needs no policy", AS_ROOT, {}, True),
    ("0 root has no identity policies and no boundary", AS_ROOT, {"identity": [DENY], "boundary": DENY}, True),
    ("0 root is stopped by a Deny in an SCP", AS_ROOT, {"scps": [[DENY, ALLOW]]}, False),
    ("0 root is stopped by SCPs that do not allow", AS_ROOT, {"scps": [[ALLOW], [OTHER]]}, False),
    ("0 root is stopped by an RCP", AS_ROOT, {"rcps": [[SHUT]]}, False),
    ("0 root is stopped by a resource policy", AS_ROOT, {"resource_policy": to(OWN, effect="Deny")}, False),
    ("1 Deny in an SCP", AS_USER, {**HERE, "scps": [[ALLOW, DENY]]}, False),
    ("1 Deny in an RCP", AS_USER, {**HERE, "rcps": [[], [SHUT]]}, False),
    ("1 Deny in a resource policy", AS_USER, {**HERE, "resource_policy": to(USER, effect="Deny")}, False),
    ("1 Deny for the account", AS_USER, {**HERE, "resource_policy": to(ACCOUNT, effect="Deny")}, False),
    ("1 Deny for the role of a session", AS_SESSION, {**HERE, "resource_policy": to(ROLE, effect="Deny")}, False),
    ("1 Deny for somebody else", AS_USER, {**HERE, "resource_policy": to(ROLE, effect="Deny")}, True),
    ("1 Deny in an identity policy", AS_USER, {"identity": [ALLOW, DENY]}, False),
    ("1 Deny of a group", AS_USER, {**HERE, "groups": [DENY]}, False),
    ("1 Deny in a boundary", AS_USER, {**HERE, "boundary": policy(allow(), deny())}, False),
    ("1 Deny in a session policy", AS_SESSION, {**HERE, "session": policy(allow(), deny())}, False),
    ("1 own Deny beats a resource policy", AS_SESSION, {"identity": [DENY], "resource_policy": to(SESSION)}, False),
    ("1 Deny in a boundary does too", AS_SESSION, {"boundary": DENY, "resource_policy": to(SESSION)}, False),
    ("2 RCPFullAWSAccess is always there", AS_USER, {**HERE, "rcps": [[], []]}, True),
    ("2 no RCP for service-linked roles", AS_LINKED, {**HERE, "rcps": [[SHUT]]}, True),
    ("2 RCP for strangers", AS_STRANGER, {"resource_policy": to("*"), "rcps": [[SHUT]]}, False),
    ("2 without it they may", AS_STRANGER, {"resource_policy": to("*")}, True),
    ("2 RCP for services", AS_SERVICE, {"resource_policy": ONLY_EVENTS, "rcps": [[SHUT]]}, False),
    ("3 every level allows", AS_USER, {**HERE, "scps": FULL}, True),
    ("3 the root does not", AS_USER, {**HERE, "scps": [[OTHER], [ALLOW], [ALLOW]]}, False),
    ("3 an OU does not", AS_USER, {**HERE, "scps": [[ALLOW], [OTHER], [ALLOW]]}, False),
    ("3 the account does not", AS_USER, {**HERE, "scps": [[ALLOW], [ALLOW], [OTHER]]}, False),
    ("3 a level has none", AS_USER, {**HERE, "scps": [[ALLOW], [], [ALLOW]]}, False),
    ("3 the union of a level does", AS_USER, {**HERE, "scps": [[ALLOW], [OTHER, ONLY_QUEUES]]}, True),
    ("3 Allow with NotAction", AS_USER, {**HERE, "scps": [[ALL_BUT_IAM]]}, True),
    ("3 SCPs also limit resource policies", AS_USER, {"resource_policy": to(USER), "scps": [[OTHER]]}, False),
    ("3 no SCP for service-linked roles", AS_LINKED, {**HERE, "scps": [[DENY]]}, True),
    ("3 no SCP for services", AS_SERVICE, {"resource_policy": ONLY_EVENTS, "scps": [[DENY]]}, True),
    ("5 no policy: a user may nothing", AS_USER, {}, False),
    ("5 no policy: a session may nothing", AS_SESSION, {}, False),
    ("5 no policy: a service may nothing", AS_SERVICE, {}, False),
    ("5 another action", AS_USER, {"identity": [OTHER]}, False),
    ("5 an identity policy", AS_USER, {"identity": [OTHER, ALLOW]}, True),
    ("5 a policy of a group", AS_USER, {"groups": [ALLOW]}, True),
    ("6 a boundary limits", AS_USER, {**HERE, "boundary": OTHER}, False),
    ("6 a boundary that allows", AS_USER, {**HERE, "boundary": ALLOW}, True),
    ("6 a boundary never grants", AS_USER, {"boundary": ALLOW}, False),
    ("7 a session policy limits", AS_SESSION, {**HERE, "session": OTHER}, False),
    ("7 a session policy that allows", AS_SESSION, {**HERE, "session": ALLOW}, True),
    ("7 a session policy never grants", AS_SESSION, {"session": ALLOW}, False),
    ("7 a role session needs none", AS_SESSION, HERE, True),
    ("7 a federated user needs one", AS_FEDERATED, HERE, False),
    ("7 a federated user that has one", AS_FEDERATED, {**HERE, "session": ALLOW}, True),
    ("8 all layers", AS_SESSION, {**HERE, "boundary": ALLOW, "session": ALLOW, "scps": FULL, "rcps": [[]]}, True),
]


@pytest.mark.parametrize(("case", "facts", "expected"), [row[1:] for row in ORDER], ids=[row[0] for row in ORDER])
def test_the_order_of_evaluation(case: Case, facts: dict[str, Any], expected: bool) -> None:
    assert able(case, **facts) is expected


STOPPED = "sqs:SendMessage s3:GetObject sts:AssumeRole secretsmanager:GetSecretValue dynamodb:GetItem kms:Decrypt"
NOT_STOPPED = "kms:RetireGrant iam:CreateUser lambda:InvokeFunction ec2:RunInstances sns:Publish"


@pytest.mark.parametrize("action", [*STOPPED.split(), *NOT_STOPPED.split()])
def test_rule_2_an_rcp_applies_to_some_services(action: str) -> None:
    case = replace(AS_USER, action=action, resource="*", resource_policy=to("*"), identity=[ALLOW])

    assert able(case)
    assert able(case, rcps=[[SHUT]]) is (action not in STOPPED)


FORMS = {"user": USER, "role": ROLE, "session": SESSION, "federated": FEDERATED, "root": ACCOUNT, "id": OWN, "all": "*"}
FORMS |= {"stranger": f"arn:aws:iam::{OWN}:user/eve", "elsewhere": FOREIGN, "pattern": f"arn:aws:iam::{OWN}:user/*"}

LIMITING: dict[str, dict[str, Any]] = {
    "nothing": {},
    "identity": {"identity": [ALLOW]},
    "identity, boundary": {"identity": [ALLOW], "boundary": OTHER},
    "identity, session": {"identity": [ALLOW], "session": OTHER},
    "boundary": {"boundary": OTHER},
    "session": {"session": OTHER},
}

STRENGTH = [
    # caller, form, then the answer for each of LIMITING: y or n
    (AS_USER, "user", "yyyyyy"),
    (AS_USER, "all", "yyyyyy"),
    (AS_USER, "root", "nynnnn"),
    (AS_USER, "id", "nynnnn"),
    (AS_USER, "stranger", "nynnnn"),
    (AS_USER, "elsewhere", "nynnnn"),
    (AS_USER, "pattern", "nynnnn"),
    (AS_SESSION, "session", "yyyyyy"),
    (AS_SESSION, "all", "yyyyyy"),
    (AS_SESSION, "role", "yynnnn"),
    (AS_SESSION, "root", "nynnnn"),
    (AS_SESSION, "id", "nynnnn"),
    (AS_SESSION, "user", "nynnnn"),
    (AS_ROLE, "role", "yynnnn"),
    (AS_ROLE, "all", "yyyyyy"),
    (AS_ROLE, "session", "nynnnn"),
    (AS_ROLE, "id", "nynnnn"),
    (AS_FEDERATED, "federated", "yyyyyy"),
    (AS_FEDERATED, "user", "nnnnnn"),
]


@pytest.mark.parametrize(("case", "form", "answers"), STRENGTH)
def test_rule_4_what_a_resource_policy_is_worth_by_the_form_of_its_principal(
    case: Case, form: str, answers: str
) -> None:
    found = {name: able(case, resource_policy=to(FORMS[form]), **facts) for name, facts in LIMITING.items()}

    assert found == dict(zip(LIMITING, (answer == "y" for answer in answers), strict=True))


def test_rule_4_a_wildcard_with_the_role_in_a_condition_is_not_limited() -> None:
    only_app = to("*", Condition={"ArnEquals": {"aws:PrincipalArn": ROLE}})
    case = replace(AS_SESSION, resource_policy=only_app, boundary=OTHER, session=OTHER)

    assert able(case, context={"aws:PrincipalArn": [ROLE]})
    assert not able(case, context={"aws:PrincipalArn": [ROLE + "2"]})


ABROAD = replace(AS_SESSION, resource=f"arn:aws:sqs:eu-west-1:{FOREIGN}:jobs", resource_account=FOREIGN)


@pytest.mark.parametrize("form", ["session", "role", "root", "id", "all"])
def test_across_accounts_both_sides_must_allow(form: str) -> None:
    case = replace(ABROAD, resource_policy=to(FORMS[form]))

    assert able(case, **HERE, boundary=ALLOW, session=ALLOW, scps=FULL)
    assert not able(case)
    assert not able(case, **HERE, boundary=OTHER)
    assert not able(case, **HERE, session=OTHER)
    assert not able(case, **HERE, scps=[[ALLOW], [OTHER]])
    assert not able(case, **HERE, rcps=[[SHUT]])
    assert not able(case, **HERE, resource_policy=None)
    assert not able(case, **HERE, resource_policy=to(FOREIGN))
    assert able(case, principal=ACCOUNT, entity="") is (form in ("root", "id", "all"))


TARGET = f"arn:aws:iam::{OWN}:role/deploy"
ONLY_TRUST = policy({"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sts:AssumeRole"})


@pytest.mark.parametrize(("action", "resource"), [("sts:AssumeRole", TARGET), ("kms:Decrypt", KEY)])
@pytest.mark.parametrize("case", [AS_USER, AS_SESSION])
def test_trust_and_key_policies_are_mandatory(case: Case, action: str, resource: str) -> None:
    case, name = replace(case, action=action, resource=resource), case.entity or case.principal

    assert not able(case, **HERE)
    assert not able(case, **HERE, resource_policy=to(FORMS["stranger"]))
    assert able(case, **HERE, resource_policy=to(OWN))
    assert not able(case, resource_policy=to(OWN))
    assert able(case, resource_policy=to(name))
    assert able(case, resource_policy=to(name), boundary=OTHER) is (case.principal == USER)


def test_trust_policies_have_no_resource_and_may_name_services() -> None:
    assert able(AS_SERVICE, action="sts:AssumeRole", resource=TARGET, resource_policy=ONLY_TRUST)
    assert not able(AS_USER, action="sts:AssumeRole", resource=TARGET, resource_policy=ONLY_TRUST, **HERE)


def test_rcps_leave_the_trust_of_service_linked_roles_alone() -> None:
    assume = replace(AS_SERVICE, action="sts:AssumeRole", resource_policy=ONLY_TRUST, rcps=[[SHUT]])

    assert able(assume, resource=LINKED)
    assert not able(assume, resource=TARGET)


def test_root_assumes_no_role_and_needs_the_key_policy_where_there_is_a_key() -> None:
    assert able(AS_USER, action="kms:ListKeys", resource="*", **HERE)
    assert not able(AS_ROOT, action="sts:AssumeRole", resource=TARGET, resource_policy=to(OWN))
    assert not able(AS_ROOT, action="kms:Decrypt", resource=KEY)
    assert able(AS_ROOT, action="kms:Decrypt", resource=KEY, resource_policy=to(OWN))


SPARED = {USER: [[USER, ACCOUNT], [USER, OWN]], SESSION: [[SESSION, ROLE, ACCOUNT]], ROLE: [[ROLE, OWN]]}
NOT_SPARED = {USER: [[USER], [ROLE, ACCOUNT]], SESSION: [[ROLE, ACCOUNT], [SESSION, ACCOUNT], [SESSION, ROLE]]}


def test_not_principal_spares_those_listed_with_all_above_them() -> None:
    for callers, spared in ((SPARED, True), (NOT_SPARED, False)):
        for caller, lists in callers.items():
            case = {USER: AS_USER, ROLE: AS_ROLE, SESSION: AS_SESSION}[caller]
            for listed in lists:
                except_them = to(*listed, effect="Deny", element="NotPrincipal")

                assert able(case, **HERE, resource_policy=except_them) is spared
                assert not able(case, **HERE, boundary=ALLOW, resource_policy=except_them)


CONDITIONS = """
StringEquals                 a,b                     a=y b=y A=n c=n ab=n -=n
StringEquals                 a*                      a*=y ab=n
StringNotEquals              a,b                     a=n b=n A=y c=y -=y
StringEqualsIgnoreCase       a,B                     A=y b=y c=n -=n
StringNotEqualsIgnoreCase    a,B                     A=n b=n c=y -=y
StringLike                   a*c,?                   ac=y abc=y abcd=n Ac=n x=y xy=n -=n
StringNotLike                a*c,?                   ac=n x=n xy=y -=y
StringEqualsIfExists         a                       a=y b=n -=y
StringNotEqualsIfExists      a                       a=n b=y -=y
NumericEquals                10                      10=y 10.0=y 9=n -=n
NumericNotEquals             10                      10=n 9=y -=y
NumericLessThan              10                      9=y 10=n 11=n -=n
NumericLessThanEquals        10                      10=y 11=n -=n
NumericGreaterThan           10                      11=y 10=n -=n
NumericGreaterThanEquals     10                      10=y 9.99=n -=n
NumericLessThanIfExists      10                      9=y 10=n -=y
DateEquals                   2026-11-20T23:00:00Z    2026-11-20T23:00:00.000Z=y 1795215600=y 1795215601=n -=n
DateNotEquals                2026-11-20T23:00:00Z    1795215600=n 1795215601=y -=y
DateLessThan                 1795215600              2026-11-20T22:59:59Z=y 2026-11-20T23:00:00Z=n -=n
DateLessThanEquals           2026-11-20T23:00:00Z    2026-11-20T23:00:00Z=y 2026-11-20T23:00:01Z=n -=n
DateGreaterThan              2026-11-20T23:00:00Z    2026-11-21T00:30:00+02:00=n 2026-11-20T23:00:01Z=y -=n
DateGreaterThanEquals        2026-11-20T23:00:00Z    2026-11-20T23:00:00Z=y 2026-11-20T22:59:59Z=n -=n
Bool                         true                    true=y false=n -=n
Bool                         false                   true=n false=y -=n
BoolIfExists                 false                   true=n false=y -=y
BinaryEquals                 QQ==                    QQ===y Qg===n -=n
IpAddress                    10.0.0.0/24,2001:db8::/32  10.0.0.0=y 10.0.0.255=y 2001:db8::1=y 2001:db9::=n -=n
IpAddress                    10.0.0.7                10.0.0.7=y 10.0.0.8=n ::=n
NotIpAddress                 10.0.0.0/24             10.0.0.1=n 10.0.1.0=y ::1=y -=y
ArnEquals                    arn:aws:sns:*:1:t*      arn:aws:sns:eu:1:t1=y arn:aws:sns:eu:x:1:t=n arn:aws:sns:eu:2:t=n
ArnLike                      arn:aws:s3:::b/*        arn:aws:s3:::b/c:d=y arn:aws:s3:::B/c=n arn:aws:s3::b/c=n -=n
ArnNotEquals                 arn:aws:s3:::b          arn:aws:s3:::b=n arn:aws:s3:::c=y -=y
ArnNotLike                   arn:aws:s3:::b*         arn:aws:s3:::bc=n arn:aws:s3:::c=y -=y
Null                         true                    a=n -=y
Null                         false                   a=y -=n
ForAllValues:StringEquals    a,b                     a=y a+b=y a+c=n c=n -=y
ForAllValues:StringNotEquals a,b                     c=y c+d=y a+c=n -=y
ForAnyValue:StringEquals     a,b                     a=y a+c=y c=n -=n
ForAnyValue:StringNotEquals  a,b                     a=n a+b=n a+c=y c=y -=n
ForAnyValue:StringLike       a*                      ab+c=y c=n -=n
ForAnyValue:StringEqualsIfExists   a                 a+c=y c=n -=y
ForAllValues:StringEqualsIfExists  a                 a=y c=n -=y
"""


@pytest.mark.parametrize("row", CONDITIONS.strip().splitlines())
def test_every_operator_with_every_kind_of_value(row: str) -> None:
    operator, values, *answers = row.split()
    allowing = policy(allow(Condition={operator: {"k:Key": values.split(",")}}))
    for answer in answers:
        request, _, expected = answer.rpartition("=")
        context = {} if request == "-" else {"K:key": request.split("+") if ":" in operator else [request]}

        assert able(AS_USER, identity=[allowing], context=context) is (expected == "y"), answer


def test_blocks_and_keys_are_and_values_are_or() -> None:
    both = {"StringEquals": {"a:x": ["1", "2"], "a:y": "3"}, "Bool": {"a:z": True}}
    case = replace(AS_USER, identity=[policy(allow(Condition=both))])

    assert able(case, context={"a:x": ["2"], "a:y": ["3"], "a:z": ["true"]})
    assert not able(case, context={"a:x": ["2"], "a:y": ["4"], "a:z": ["true"]})
    assert not able(case, context={"a:x": ["2"], "a:y": ["3"], "a:z": ["false"]})


def test_the_mfa_trap() -> None:
    def without_mfa(operator: str, context: dict[str, list[str]]) -> bool:
        guard = deny(Condition={operator: {"aws:MultiFactorAuthPresent": "false"}})
        return able(AS_USER, identity=[policy(allow(), guard)], context=context)

    assert without_mfa("Bool", {})
    assert not without_mfa("BoolIfExists", {})
    assert not without_mfa("Bool", {"aws:MultiFactorAuthPresent": ["false"]})


ISSUED: dict[str, dict[str, list[str]]] = {
    "key": {},
    "old": {"aws:TokenIssueTime": ["2026-11-20T22:59:59Z"]},
    "same": {"aws:TokenIssueTime": ["2026-11-20T23:00:00Z"]},
    "new": {"aws:TokenIssueTime": ["2026-11-20T23:00:01Z"]},
}


@pytest.mark.parametrize(
    ("operator", "value", "denied"),
    [
        ("DateLessThan", "2026-11-20T23:00:00.000Z", "old"),
        ("DateLessThanEquals", "2026-11-20T23:00:00Z", "old same"),
        ("DateLessThanIfExists", "2026-11-20T23:00:00Z", "key old"),
        ("DateLessThan", 1795215600, "old"),
        ("Null", "true", "key"),
    ],
)
def test_what_revoking_older_sessions_stops(operator: str, value: object, denied: str) -> None:
    revoked = policy(allow(), deny(Condition={operator: {"aws:TokenIssueTime": value}}))
    stopped = [name for name, context in ISSUED.items() if not able(AS_SESSION, identity=[revoked], context=context)]

    assert stopped == denied.split()


STATEMENTS = """
Action      s3:*                S3:getobject=y s3=n sqs:x=n
Action      S3:Get*             s3:GetObject=y s3:PutObject=n
Action      s3:*Object          s3:GetObject=y s3:GetObjects=n
Action      s3:?etObject        s3:GetObject=y s3:tObject=n
Action      *                   s3:GetObject=y
NotAction   s3:*,sqs:SendMessage   s3:GetObject=n sqs:sendmessage=n sqs:ReceiveMessage=y
Resource    arn:aws:s3:::b/*    arn:aws:s3:::b/a:b/c=y arn:aws:s3:::b=n arn:aws:s3:::B/a=n
Resource    arn:aws:*:jobs      arn:aws:sqs:eu-west-1:1:jobs=y
Resource    arn:?ws:s3:::[b]    arn:aws:s3:::[b]=y arn:aws:s3:::b=n
NotResource arn:aws:s3:::b/*    arn:aws:s3:::b/a=n arn:aws:s3:::b=y
"""


@pytest.mark.parametrize("row", STATEMENTS.strip().splitlines())
def test_actions_and_resources_are_patterns(row: str) -> None:
    element, patterns, *answers = row.split()
    name = element.removeprefix("Not")
    written: Json = {"Effect": "Allow", "Action": "*", "Resource": "*", element: patterns.split(",")}
    if name != element:
        del written[name]
    for answer in answers:
        value, _, expected = answer.rpartition("=")

        assert able(AS_USER, identity=[policy(written)], **{name.lower(): value}) is (expected == "y"), answer


VARIABLES = """
b/${aws:username}              b/ann=y b/${aws:username}=n b/bob=n
b/${AWS:UserName}/*            b/ann/x=y
b/${aws:PrincipalTag/t}        b/a*=y b/ab=n
b/${aws:PrincipalTag/none}     b/=n b/${aws:PrincipalTag/none}=n
b/${aws:PrincipalTag/none,'x'} b/x=y b/=n
b/${aws:username,'x'}          b/ann=y b/x=n
b/${*}${?}${$}                 b/*?$=y b/abc=n
b/${many}                      b/1=n
"""


@pytest.mark.parametrize("row", VARIABLES.strip().splitlines())
def test_variables_are_values_of_the_request_and_literal_before_2012(row: str) -> None:
    pattern, *answers = row.split()
    context = {"aws:username": ["ann"], "aws:principaltag/t": ["a*"], "many": ["1", "2"]}
    case = replace(AS_USER, context=context)
    for answer in answers:
        resource, _, expected = answer.rpartition("=")

        assert able(case, resource=resource, identity=[policy(allow("*", pattern))]) is (expected == "y"), answer
    assert able(case, resource=pattern, identity=[{"Version": "2008-10-17", "Statement": allow("*", pattern)}])
    assert able(case, resource=pattern, identity=[{"Statement": [allow("*", pattern)]}])


@pytest.mark.parametrize("effect", ["Allow", "Deny"])
def test_an_unresolved_variable_makes_the_statement_silent(effect: str) -> None:
    condition = {"StringNotEquals": {"k": "${absent}"}}
    silent: Json = {"Effect": effect, "Action": "*", "Resource": "*", "Condition": condition}
    nowhere: Json = {"Effect": effect, "Action": "*", "NotResource": "${absent}"}

    assert able(AS_USER, identity=[policy(silent, nowhere)]) is False
    assert able(AS_USER, identity=[policy(silent, nowhere), ALLOW]) is True
