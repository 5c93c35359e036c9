"""What somebody might hide a change by, and what is easily forgotten: none of it may end as no drift."""

from __future__ import annotations

from typing import Any, Literal, get_args

import msgspec
import pytest

from scanner.baseline.parts import by_kind
from scanner.drift import doors, guards, openings
from scanner.inventory import Account
from tests.accounts import FOREIGN, OWN, Json, account, allow, deny, gap, policy, region, regions
from tests.scanner.drift.pairs import _ADMITTING
from tests.scanner.drift.samples import LAMBDA, arn, causes, diff, identity, managed, only_change, role, told, user
from tests.scanner.drift.things import DETECTOR, key_policy, trail

BUCKET = "arn:aws:s3:::logs"


@pytest.mark.parametrize("hidden_by", ["*guardrift-probe*", "*zq0*", "?", "*~*", "????????*", "*-*", "*\ue000*"])
def test_a_gain_is_not_hidden_by_denying_what_stands_for_it(hidden_by: str) -> None:
    for pattern in ("*", "arn:aws:s3:::a*"):
        place = hidden_by if pattern == "*" else f"arn:aws:s3:::a{hidden_by}"
        new = identity(roles=[role(document=policy(allow("s3:GetObject", pattern), deny("s3:GetObject", place)))])
        found = only_change(identity(roles=[role()]), new)

        assert (told(found.gained), found.direction) == ({"s3:GetObject"}, "widens"), (pattern, place)


@pytest.mark.parametrize("pattern", ["arn:aws:s3:::a${*}b/*", "arn:aws:s3:::a${?}", "arn:aws:s3:::${$}{x}"])
def test_what_is_escaped_is_asked_about_as_it_is_meant(pattern: str) -> None:
    found = only_change(identity(roles=[role()]), identity(roles=[role(document=policy(allow("s3:*", pattern)))]))

    assert "s3:GetObject" in told(found.gained)


def test_a_variable_is_no_variable_in_a_document_of_the_older_version() -> None:
    old: Json = {"Version": "2008-10-17", "Statement": [allow("s3:GetObject", "arn:aws:s3:::${aws:username}")]}
    found = only_change(identity(users=[user("ann")]), identity(users=[user("ann", old)]))

    assert told(found.gained) == {"s3:GetObject"}


def test_two_patterns_that_mean_the_same_are_told_once() -> None:
    new = policy(allow("s3:GetObject", ["arn:aws:s3:::a*", "arn:aws:s3:::a**"]))
    found = only_change(identity(roles=[role()]), identity(roles=[role(document=new)]))

    assert found.gained[0].resources == ("arn:aws:s3:::a*",)


def test_more_patterns_than_are_asked_about_are_said_to_be_so() -> None:
    many = [f"arn:aws:s3:::b{number}/*" for number in range(500)]
    full = policy(allow("s3:GetObject", "arn:aws:s3:::*"), deny("s3:GetObject", many))
    # A Deny less for one of them, behind all those that are asked about.
    fewer = policy(allow("s3:GetObject", "arn:aws:s3:::*"), deny("s3:GetObject", many[:-1]))
    found = diff(identity(roles=[role(document=full)]), identity(roles=[role(document=fewer)]))

    of_role = [each for each in found.changes if each.resource.type == "role"]
    assert any(each.direction == "widens" or each.kind == "not_comparable" for each in of_role)


def test_of_many_unaffected_patterns_the_affected_ones_are_asked_about() -> None:
    many = policy(allow("s3:GetObject", [f"arn:aws:s3:::b{number}/*" for number in range(450)]))
    more = policy(allow("s3:GetObject", "arn:aws:s3:::zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz/*"))
    inline = {"name": "more", "document": more}
    held = role(document=many)
    found = diff(
        identity(roles=[held]),
        identity(roles=[{**held, "inline": [*held["inline"], inline]}]),  # type: ignore[misc]
    )

    assert [told(each.gained) for each in found.changes] == [{"s3:GetObject"}]
    assert found.complete


def test_a_tag_on_which_a_condition_hangs() -> None:
    condition = {"StringEquals": {"aws:PrincipalTag/team": "red"}}
    document = policy(allow("s3:GetObject", Condition=condition))
    tags = [[{"key": "team", "value": value}] for value in ("blue", "red")]
    found = only_change(
        identity(roles=[role(document=document, tags=tags[0])]), identity(roles=[role(document=document, tags=tags[1])])
    )

    assert (told(found.gained), causes(found)) == ({"s3:GetObject"}, ["tags changed"])


def test_a_tag_by_which_somebody_is_admitted() -> None:
    trust = policy(
        {
            "Effect": "Allow",
            "Principal": {"AWS": OWN},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"aws:PrincipalTag/team": "red"}},
        }
    )

    def tagged(value: str) -> Account:
        ann = user("ann", policy(allow("sts:AssumeRole")), tags=[{"key": "team", "value": value}])
        return identity(roles=[role("admin", policy(allow()), trust=trust)], users=[ann])

    found = only_change(tagged("blue"), tagged("red"), consequences=True)
    assert found.gained == ()
    assert (found.direction, found.severity) == ("widens", "critical")
    assert found.consequence[0].startswith("can now reach administrator by ")


def test_an_inline_policy_by_another_name_is_neutral() -> None:
    document = policy(allow("s3:GetObject"))
    renamed = role(inline=[{"name": "other", "document": document}])
    found = only_change(identity(roles=[role(document=document)]), identity(roles=[renamed]))

    assert (found.direction, sorted(causes(found))) == ("neutral", ["inline policy added", "inline policy removed"])


def test_two_policies_that_changed_places() -> None:
    one, other = policy(allow("s3:GetObject")), policy(allow("iam:*"))
    roles = [
        role("a", attached=[{"name": "p", "arn": arn("policy", "p")}]),
        role("b", attached=[{"name": "q", "arn": arn("policy", "q")}]),
    ]
    found = diff(
        identity(roles=roles, policies=[managed("p", one), managed("q", other)]),
        identity(roles=roles, policies=[managed("p", other), managed("q", one)]),
    )

    directions = {each.resource.name: each.direction for each in found.changes if each.resource.type == "role"}
    assert directions == {"a": "widens", "b": "widens"}
    (of_a,) = [each for each in found.changes if each.resource.name == "a"]
    assert "iam:PassRole" in told(of_a.gained)


def test_a_group_that_is_gone_takes_what_it_gave() -> None:
    team: Json = {
        "name": "team", "arn": arn("group", "team"),
        "inline": [{"name": "own", "document": policy(deny("s3:*"))}],
    }  # fmt: skip
    own = policy(allow("s3:GetObject"))
    found = diff(
        identity(users=[user("ann", own, groups=["team"])], groups=[team]),
        identity(users=[user("ann", own)], groups=[]),
    )

    (change,) = [each for each in found.changes if each.resource.type == "user"]
    assert (told(change.gained), causes(change)) == ({"s3:GetObject"}, ["group left"])


def test_a_deny_for_all_but_some() -> None:
    def guarded(*names: str) -> Json:
        spared = {"AWS": [f"arn:aws:iam::{OWN}:role/{name}" for name in names]}
        return key_policy(
            allow("kms:*", Principal={"AWS": OWN}),
            {"Effect": "Deny", "NotPrincipal": spared, "Action": "kms:*", "Resource": "*"},
        )

    found = only_change(account(guarded("one")), account(guarded("one", "other")))
    assert (found.what, found.direction) == ("key policy widens", "widens")


def test_a_trust_that_denies_less() -> None:
    refused: Json = {"Effect": "Deny", "Principal": {"AWS": FOREIGN}, "Action": "sts:AssumeRole"}
    both: Json = {**LAMBDA, "Statement": [*LAMBDA["Statement"], refused]}  # type: ignore[misc]
    found = only_change(identity(roles=[role(trust=both)]), identity(roles=[role()]))

    assert (found.what, found.direction, causes(found)) == (
        "trust widened",
        "widens",
        ["trust widened", "Deny removed"],
    )


@pytest.mark.parametrize(
    ("principal", "severity"), [("*", "critical"), ({"AWS": FOREIGN}, "high"), ({"AWS": OWN}, "low")]
)
def test_whom_a_new_role_admits_weighs(principal: object, severity: str) -> None:
    trust = policy({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})
    reads = policy(allow("s3:ListBucket"))
    found = only_change(identity(), identity(roles=[role(document=reads, trust=trust)]))
    assert (found.direction, found.severity) == ("widens", severity)

    empty = only_change(identity(), identity(roles=[role(trust=trust)]))
    assert (empty.direction == "widens") is (severity != "low")


def test_everyone_among_others_is_everyone() -> None:
    trust = policy({"Effect": "Allow", "Principal": {"AWS": ["*", OWN]}, "Action": "sts:AssumeRole"})
    found = only_change(identity(roles=[role(trust=_ADMITTING)]), identity(roles=[role(trust=trust)]))

    assert found.severity == "critical"


def test_what_nobody_can_make_sense_of_is_not_comparable_once_it_is_other() -> None:
    def odd(actions: str) -> Json:
        return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions}]}

    found = diff(identity(roles=[role(document=odd("s3:*"))]), identity(roles=[role(document=odd("*"))]))
    assert [each.kind for each in found.changes] == ["not_comparable"]
    assert not found.complete
    assert diff(identity(roles=[role(document=odd("*"))]), identity(roles=[role(document=odd("*"))])).changes == ()


def organization(kind: str, document: Json, *enabled: str) -> Json:
    return {
        "organization": {
            "tree": {
                "kind": "organization-tree",
                "units": [],
                "roots": [{"id": "r-1", "enabled_policy_types": list(enabled)}],
            },
            "policies": [
                {
                    "id": "p-1",
                    "name": "wall",
                    "type": kind,
                    "is_aws_managed": False,
                    "content": {"kind": "policy-content", "document": document},
                    "targets": ["r-1"],
                }
            ],
        }
    }


@pytest.mark.parametrize("kind", ["RESOURCE_CONTROL_POLICY", "SERVICE_CONTROL_POLICY"])
def test_a_policy_of_the_organization_that_denies_less(kind: str) -> None:
    strict, lax = policy(deny(["s3:*", "sqs:*"])), policy(deny("s3:*"))
    found = only_change(account(organization(kind, strict, kind)), account(organization(kind, lax, kind)))
    assert (found.what, found.direction, found.severity) == ("organization policy widens", "widens", "high")

    off = diff(account(organization(kind, strict, kind)), account(organization(kind, strict)))
    assert [(each.what, each.direction) for each in off.changes] == [("policy type off (r-1)", "widens")]


def credentials(*, active: bool) -> Json:
    row = {"user": "ann", "arn": arn("user", "ann"), "password_enabled": False, "mfa_active": True,
           "key_1_active": active, "key_2_active": False, "cert_1_active": False, "cert_2_active": False}  # fmt: skip
    return {"credential_report": {"kind": "credential-report", "generated": "2026-01-01T00:00:00Z", "rows": [row]}}


def test_a_key_that_only_the_report_shows() -> None:
    found = only_change(account(credentials(active=False)), account(credentials(active=True)))
    assert (found.what, found.direction, found.severity) == ("key active", "widens", "high")

    listed: Json = {"access_keys": []}
    repeated = only_change(account(credentials(active=False) | listed), account(credentials(active=True) | listed))
    assert repeated.direction == "neutral"


def selecting(*advanced: dict[str, dict[str, list[str]]]) -> Json:
    found = [[{"field": name, "operators": operators} for name, operators in each.items()] for each in advanced]
    return trail(selectors={"advanced": found})


MANAGEMENT = {"eventCategory": {"Equals": ["Management"]}}
OBJECTS = {"eventCategory": {"Equals": ["Data"]}, "resources.type": {"Equals": ["AWS::S3::Object"]}}
READS = {"readOnly": {"Equals": ["true"]}}
WRITES = {"readOnly": {"Equals": ["false"]}}
NOT_KEYS = {"eventSource": {"NotEquals": ["kms.amazonaws.com"]}}
ONE_BUCKET = {"resources.ARN": {"StartsWith": [f"{BUCKET}/"]}}

NARROWED = [
    ("a category", selecting(MANAGEMENT, OBJECTS), selecting(MANAGEMENT)),
    ("a limit more", selecting(MANAGEMENT), selecting(MANAGEMENT | NOT_KEYS)),
    ("a kind", selecting(MANAGEMENT), selecting(MANAGEMENT | WRITES)),
    ("a place", selecting(OBJECTS), selecting(OBJECTS | ONE_BUCKET)),
    ("all there was by default", trail(), selecting(OBJECTS)),
    (
        "of the older form",
        trail(selectors={"basic": [{"data_resources": [{"type": "AWS::S3::Object", "beginnings": ["arn:aws:s3"]}]}]}),
        trail(
            selectors={"basic": [{"data_resources": [{"type": "AWS::S3::Object", "beginnings": [f"{BUCKET}/"]}]}]}
        ),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new"), [each[1:] for each in NARROWED], ids=[each[0] for each in NARROWED])
def test_less_is_recorded(old: Json, new: Json) -> None:
    found = only_change(account(old), account(new))
    assert (found.what, found.direction) == ("event selector narrowed", "widens")

    back = only_change(account(new), account(old))
    # Where something else was recorded instead, less of one or the other is.
    assert back.direction == ("widens" if old == trail() else "narrows")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (trail(), selecting(MANAGEMENT)),
        (selecting(MANAGEMENT), selecting(MANAGEMENT | READS, MANAGEMENT | WRITES)),
        (trail(), trail(selectors={"basic": [{"read_write": "ReadOnly"}, {"read_write": "WriteOnly"}]})),
    ],
)
def test_the_same_recorded_in_another_form_is_neutral(one: Json, other: Json) -> None:
    for old, new in ((one, other), (other, one)):
        assert [each.direction for each in diff(account(old), account(new)).changes] == ["neutral"]


def filtering(*filters: Json) -> Json:
    return regions(
        region(detectors=[{"id": "d", "arn": DETECTOR, "detail": gap("x", "skipped"), "filters": list(filters)}])
    )


def a_filter(action: str, name: str = "quiet", criteria: Json | None = None) -> Json:
    detail = {"kind": "finding-filter", "action": action, "criteria": criteria or {"Criterion": {}}}
    return {"name": name, "detail": detail}


def test_a_filter_that_hides_findings_weighs_and_one_that_shows_them_does_not() -> None:
    none, hiding, showing = account(filtering()), account(filtering(a_filter("ARCHIVE"))), account(
        filtering(a_filter("NOOP"))
    )  # fmt: skip
    assert (only_change(none, hiding).direction, only_change(none, hiding).severity) == ("widens", "high")
    assert only_change(hiding, none).direction == "narrows"
    assert only_change(none, showing).direction == "neutral"
    assert only_change(showing, hiding).severity == "high"


def test_every_field_that_weighs_is_there() -> None:
    for kind, path in (*guards.FIELDS, *openings.FIELDS, *doors.BESIDE):
        assert kind in by_kind(), kind
        assert _has(by_kind()[kind].entry, path.split(".")), (kind, path)
    for kind in (*guards.LOST, *guards.OPENED):
        assert kind in by_kind(), kind


def _has(found: Any, path: list[str]) -> bool:
    """Whether a path leads from a type, through unions and lists, to a field."""
    if isinstance(found, type) and issubclass(found, msgspec.Struct):
        hints = {field.name: field.type for field in msgspec.structs.fields(found)}
        return not path or (path[0] in hints and _has(hints[path[0]], path[1:]))
    inner = () if found is Literal else get_args(found)
    return not path or any(_has(each, path) for each in inner)
