"""The normal form of an account: equal meaning gives equal bytes, and nothing that was not read looks absent."""

from __future__ import annotations

import json
import random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.baseline import managed_documents, normal_form, read_baseline, restored, written
from scanner.baseline.updating import changes
from scanner.iam.normal_form import same_meaning
from scanner.inventory import Account, known
from tests.accounts import FOREIGN, NOW, OWN, Json, account, allow, deny, gap, policy, region
from tests.ready_account import READY
from tests.scanner.baseline.samples import baseline, faulty, in_other_words, respelt

ROLE = f"arn:aws:iam::{OWN}:role/deploy"
TRUST = policy({"Effect": "Allow", "Principal": {"AWS": OWN}, "Action": "sts:AssumeRole"})


def role(**facts: object) -> Json:
    return {"name": "deploy", "arn": ROLE, "id": "AROA1", "trust": TRUST, **facts}


def entries(facts: Json) -> dict[str, Any]:
    """The entries by name, as the files hold them."""
    state = normal_form(account(facts))
    return {entry.entry: json.loads(msgspec.json.encode(entry)) for found in state.entries.values() for entry in found}


def files(facts: Json) -> dict[str, bytes]:
    return written(baseline(account(facts)))


@pytest.mark.parametrize("which", ["ready", "faulty"])
@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_other_words_for_the_same_account_give_the_same_bytes(which: str, seed: int) -> None:
    found = READY if which == "ready" else faulty()

    assert written(baseline(in_other_words(found, random.Random(seed)))) == written(baseline(found))


PATTERNS = st.sampled_from(["*", "s3:Get*", "s3:GetObject", "iam:PassRole", "sts:AssumeRole", "ec2:Run?nstances"])
RESOURCES = st.sampled_from(["*", "arn:aws:s3:::logs/*", "arn:aws:s3:::logs", "arn:aws:iam::*:role/app-*"])
STATEMENTS = st.builds(
    lambda effect, actions, resources, mfa: {
        "Effect": effect,
        "Action": actions,
        "Resource": resources,
        **({"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}} if mfa else {}),
    },
    st.sampled_from(["Allow", "Deny"]),
    st.lists(PATTERNS, min_size=1, max_size=3),
    st.lists(RESOURCES, min_size=1, max_size=3),
    st.booleans(),
)
POLICIES = st.lists(STATEMENTS, min_size=1, max_size=3).map(lambda found: policy(*found))


@settings(max_examples=100, deadline=None)
@given(one=POLICIES, other=POLICIES, seed=st.integers(0, 2**32))
def test_a_digest_is_that_of_the_meaning(one: Json, other: Json, seed: int) -> None:
    def digest(document: Json) -> str:
        inline = [{"name": "p", "document": document}]
        return str(entries({"roles": [role(inline=inline)]})[f"role {ROLE}"]["inline"][0]["document"])

    assert digest(one) == digest(respelt(one, random.Random(seed)))
    is_same = same_meaning(msgspec.Raw(json.dumps(one).encode()), msgspec.Raw(json.dumps(other).encode()))
    assert (digest(one) == digest(other)) == is_same


@pytest.mark.parametrize("found", [READY, faulty()], ids=["ready", "faulty"])
def test_what_is_written_is_read_back(found: Account) -> None:
    before = baseline(found)

    after = read_baseline(written(before), "baseline", account_id=found.account_id)

    assert after == before
    assert written(after) == written(before)


@pytest.mark.parametrize("found", [READY, faulty()], ids=["ready", "faulty"])
def test_an_account_is_restored(found: Account) -> None:
    state = normal_form(found)

    again = restored(state, found.taken_at, managed_documents(found))

    assert normal_form(again) == state
    assert changes(state, normal_form(again)) == changes(state, state)


VOLATILE: list[tuple[str, Json, Json]] = [
    ("when it was read", {"taken_at": "2026-11-20T12:00:00Z"}, {"taken_at": "2026-11-21T12:00:00Z"}),
    ("who read it", {"caller": "a"}, {"caller": "b"}),
    ("last use", {"roles": [role(last_used="2026-11-01T00:00:00Z")]}, {"roles": [role()]}),
    (
        "use of keys",
        {"access_keys": [{"user": "a", "keys": [
            {"id": "AKIA1", "user": "a", "status": "Active", "created": "2026-01-01T00:00:00Z"}]}]},
        {"access_keys": [{"user": "a", "keys": [
            {"id": "AKIA1", "user": "a", "status": "Active", "created": "2026-01-01T00:00:00Z",
             "last_used": "2026-02-01T00:00:00Z", "last_used_service": "s3"}]}]},
    ),
    (
        "attachments",
        {"policies": [{"arn": "a:b:iam::1:policy/p", "name": "p", "versions": [], "attachments": 1}]},
        {"policies": [{"arn": "a:b:iam::1:policy/p", "name": "p", "versions": [], "attachments": 2}]},
    ),
    (
        "counts of things",
        {"summary": {"kind": "account-summary", "counters": {"Users": 1, "AccountMFAEnabled": 1}}},
        {"summary": {"kind": "account-summary", "counters": {"Users": 2, "AccountMFAEnabled": 1}}},
    ),
    (
        "the report's age",
        {"credential_report": {"kind": "credential-report", "rows": [], "generated": "2026-01-01T00:00:00Z"}},
        {"credential_report": {"kind": "credential-report", "rows": []}},
    ),
    (
        "calls and their messages",
        {"coverage": [{"account_id": OWN, "region": "global", "api": "a:B", "status": "ok", "calls": 1}]},
        {"coverage": [{"account_id": OWN, "region": "global", "api": "a:B", "status": "ok", "calls": 7}]},
    ),
    (
        "why it was refused, in words",
        {"users": {**gap("iam:X"), "reason": "request 1"}},
        {"users": {**gap("iam:X"), "reason": "request 2"}},
    ),
    (
        "instances that are gone",
        {"regions": [region(instances=[{"id": "i-1", "arn": "arn:i-1", "state": "terminated"}])]},
        {"regions": [region(instances=[])]},
    ),
    (
        "the content of policies of AWS",
        {"policies": [{"arn": "arn:aws:iam::aws:policy/R", "name": "R", "versions": [
            {"id": "v1", "is_default": True, "document": policy(allow("s3:Get*"))}]}]},
        {"policies": [{"arn": "arn:aws:iam::aws:policy/R", "name": "R", "versions": [
            {"id": "v1", "is_default": True, "document": policy(allow("s3:List*"))}]}]},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), [case[1:] for case in VOLATILE], ids=[case[0] for case in VOLATILE])
def test_what_changes_by_itself_is_not_in_it(one: Json, other: Json) -> None:
    assert files(one) == files(other)


DRIFT: list[tuple[str, Json, Json]] = [
    ("another unique id", {"roles": [role()]}, {"roles": [role(id="AROA2")]}),
    ("a Deny gone", {"roles": [role(inline=[{"name": "p", "document": policy(allow(), deny("iam:*"))}])]},
     {"roles": [role(inline=[{"name": "p", "document": policy(allow())}])]}),
    ("another version of a policy of AWS",
     {"policies": [{"arn": "arn:aws:iam::aws:policy/R", "name": "R", "versions": [
         {"id": "v1", "is_default": True, "document": policy(allow("s3:Get*"))}]}]},
     {"policies": [{"arn": "arn:aws:iam::aws:policy/R", "name": "R", "versions": [
         {"id": "v2", "is_default": True, "document": policy(allow("s3:Get*"))}]}]}),
    ("root's MFA", {"summary": {"kind": "account-summary", "counters": {"AccountMFAEnabled": 1}}},
     {"summary": {"kind": "account-summary", "counters": {"AccountMFAEnabled": 0}}}),
    ("the order of comparisons in a pattern",
     {"regions": [region(event_rules=[{"name": "r", "arn": "arn:r", "state": "ENABLED", "targets": [],
      "pattern": '{"a":[{"numeric":[">",0,"<",5]}]}'}])]},
     {"regions": [region(event_rules=[{"name": "r", "arn": "arn:r", "state": "ENABLED", "targets": [],
      "pattern": '{"a":[{"numeric":["<",0,">",5]}]}'}])]}),
    ("not read is not absent", {"users": []}, {"users": gap("iam:GetAccountAuthorizationDetails")}),
    ("absent is not unread", {"password_policy": None}, {"password_policy": gap("iam:GetAccountPasswordPolicy")}),
    ("a trail that was stopped for a while",
     {"regions": [region(trails=[{"arn": "arn:t", "name": "t", "home_region": "eu-west-1", "selectors":
      {"kind": "event-selectors"}, "status": {"kind": "trail-status", "is_logging": True}}])]},
     {"regions": [region(trails=[{"arn": "arn:t", "name": "t", "home_region": "eu-west-1", "selectors":
      {"kind": "event-selectors"}, "status": {"kind": "trail-status", "is_logging": True,
      "stopped_logging": "2026-11-01T00:00:00Z"}}])]}),
    ("a malformed policy in other words", {"roles": [role(trust={"Statement": [{"Effect": "Allow"}]})]},
     {"roles": [role(trust={"Statement": [{"Effect": "allow!"}]})]}),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), [case[1:] for case in DRIFT], ids=[case[0] for case in DRIFT])
def test_what_somebody_changed_is_in_it(one: Json, other: Json) -> None:
    assert files(one) != files(other)


def test_one_document_is_held_once() -> None:
    one, other = policy(allow(["s3:get*", "s3:put*"])), policy(allow("S3:Put*"), allow("s3:Get*"))
    facts: Json = {"roles": [
        role(inline=[{"name": "a", "document": one}, {"name": "b", "document": other}]),
        {**role(inline=[{"name": "c", "document": other}]), "arn": f"{ROLE}2", "name": "deploy2"},
    ]}  # fmt: skip

    held = json.loads(files(facts)["documents.json"])["documents"]

    assert [each["form"] for each in held] == ["policy", "policy"]
    named = entries(facts)
    assert {each["document"] for name in named for each in named[name].get("inline", ())} < {
        each["digest"] for each in held
    }


def test_a_document_that_says_a_name_twice_is_kept_as_it_is_written() -> None:
    text = b'{"Statement":[{"Effect":"Deny","Effect":"Allow","Action":"*","Resource":"*"}]}'
    facts = account({"roles": [role()]})
    (held,) = known(facts.roles)
    facts = msgspec.structs.replace(facts, roles=(msgspec.structs.replace(held, trust=msgspec.Raw(text)),))

    (again,) = known(restored(normal_form(facts), NOW, {}).roles)

    assert bytes(again.trust) == text


def test_what_was_not_read_says_where() -> None:
    denied = gap("cloudtrail:DescribeTrails", region="eu-west-1")
    facts: Json = {"regions": [region(trails=denied), region("us-east-1", trails=[])], "users": gap("iam:X")}
    state = normal_form(account(facts))

    (trails,) = [row for row in state.not_read["trails"] if row.status == "denied"]
    (users,) = state.not_read["identity-users"]
    assert (trails.part, trails.api, trails.regions) == ("region.trails", "cloudtrail:DescribeTrails", ("eu-west-1",))
    assert (users.part, users.status, users.regions) == ("account.users", "denied", ("global",))
    again = restored(state, NOW, {})
    assert not again.regions[1].trails
    with pytest.raises(Exception, match="was denied in eu-west-1"):
        known(again.regions[0].trails)


def test_a_part_of_a_thing_that_was_not_read_is_written_so() -> None:
    bucket = {"name": "logs", "bucket": {"kind": "bucket", "name": "logs", "policy": gap("s3:GetBucketPolicy"),
              "encryption": None}}  # fmt: skip

    found = entries({"log_buckets": [bucket]})["log-bucket logs"]["bucket"]

    assert found["policy"] == {"kind": "gap", "api": "s3:GetBucketPolicy", "status": "denied"}
    assert found["encryption"] is None
    assert found["versioning"]["status"] == "skipped"


def test_different_things_of_one_name_are_numbered() -> None:
    pending = {"topic": "arn:t", "protocol": "email", "endpoint": "x.org", "endpoint_sha256": "1"}
    facts: Json = {
        "regions": [region(subscriptions=[{**pending, "arn": "b"}, {**pending, "arn": "a"}, {**pending, "arn": "a"}])]
    }

    found = entries(facts)

    name = "subscription eu-west-1 arn:t email x.org 1"
    assert [(each, found[each]["arn"]) for each in found if "subscription" in each] == [
        (name, "a"),
        (f"{name} #2", "b"),
    ]


def test_a_policy_of_aws_of_another_version_is_not_known() -> None:
    arn = "arn:aws:iam::aws:policy/R"
    facts: Json = {"policies": [{"arn": arn, "name": "R", "versions": [
        {"id": "v1", "is_default": True, "document": policy(allow("s3:Get*"))}]}]}  # fmt: skip
    found = account(facts)
    state = normal_form(found)

    assert known(restored(state, NOW, {(arn, "v2"): msgspec.Raw(b"{}")}).policies) == ()
    assert known(restored(state, NOW, managed_documents(found)).policies)[0].versions[0].id == "v1"


def test_hidden_characters_are_shown_in_the_files() -> None:
    facts: Json = {"users": [{"name": "a\u202eb\x7f", "arn": f"arn:aws:iam::{FOREIGN}:user/\U0001f600"}]}

    text = files(facts)["identity-users.json"]

    assert text.isascii()
    assert rb"a\u202eb\u007f" in text
    assert rb"\ud83d\ude00" in text
    assert read_baseline(files(facts), "x") == baseline(account(facts))
