"""Each kind of containment is proven exactly as far as it reaches."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from policies.cutoff import format_instant
from policies.placed import Placed
from policies.proof import Proof, prove
from policies.proof.times import eras
from policies.subjects import Subject
from scanner.inventory import Account, Gap, Role
from tests.accounts import NOW, OWN, Json, account, allow, deny, policy
from tests.policies.proof import scenarios as s
from tests.policies.proof.scenarios import ANN, APP, BOTH, OF_APP, OLD, OPEN, PROVEN, R1, REFUSED, Scenario, put


def names(scenarios: tuple[Scenario, ...]) -> list[str]:
    return [each.name for each in scenarios]


def failing(proof: Proof) -> str:
    return " | ".join(claim.why for claim in proof.claims if not claim.holds)


@pytest.mark.parametrize("scenario", PROVEN, ids=names(PROVEN))
def test_containment_is_proven(scenario: Scenario) -> None:
    proof = scenario.prove()

    assert proof.is_proven, failing(proof)
    claimed = {(claim.who, claim.expected) for claim in proof.claims}
    assert claimed >= set(scenario.expects.items())
    assert {("another principal", "as before"), ("service-linked role", "as before")} <= claimed
    assert any("GetCallerIdentity" in each for each in proof.beyond)


@pytest.mark.parametrize("scenario", REFUSED, ids=names(REFUSED))
def test_containment_is_not_proven(scenario: Scenario) -> None:
    proof = scenario.prove()

    assert not proof.is_proven
    assert scenario.reason in failing(proof)


@pytest.mark.parametrize("scenario", [*PROVEN, *REFUSED], ids=names((*PROVEN, *REFUSED)))
def test_proof_is_a_document_without_a_sample_time(scenario: Scenario) -> None:
    proof = scenario.prove()
    again = msgspec.json.decode(msgspec.json.encode(proof), type=Proof)

    assert again == proof == scenario.prove()
    assert proof.cutoff == "${CUTOFF}"
    for era in eras(scenario.account, None):
        assert not any(era.text in claim.why for claim in proof.claims)


def test_a_claim_names_its_statement() -> None:
    claim = next(each for each in PROVEN[0].prove().claims if each.who == "old session")

    assert (claim.policy, claim.statement) == ("inline policy ir", 0)
    assert "DateLessThan aws:TokenIssueTime ${CUTOFF}" in claim.why


def test_sessions_of_users_are_all_told_apart() -> None:
    proof = next(each for each in PROVEN if each.name == "user: quarantine").prove()

    forms = {claim.form for claim in proof.claims if claim.who == "old session"}
    assert forms == {"of GetSessionToken or the console", "of GetFederationToken"}


def test_new_sessions_without_mfa_are_denied_where_mfa_is_required() -> None:
    scenario = next(each for each in PROVEN if each.name == "user: new sessions with MFA alone")
    proof = replace(scenario, expects={**scenario.expects, "new session": "as before"}).prove()

    assert {claim.who for claim in proof.claims if not claim.holds} == {"new session"}


def test_nothing_expected_is_nothing_proven() -> None:
    assert not replace(PROVEN[0], expects={}).prove().is_proven


AT = datetime(2026, 11, 20, 23, 0, 0, tzinfo=UTC)


def concrete(text: str, cutoff: datetime = AT) -> Proof:
    document = json.dumps(R1).replace("${CUTOFF}", text)
    return replace(PROVEN[0], placed=(put("inline", APP, document),), cutoff=cutoff).prove()


@pytest.mark.parametrize("text", ["2026-11-20T23:00:00Z", "2026-11-20T23:00:30Z", "2026-11-20T23:00:00.000Z"])
def test_concrete_cutoff_at_or_soon_after_the_moment_is_proven(text: str) -> None:
    proof = concrete(text)

    assert proof.is_proven, failing(proof)
    assert proof.cutoff == "2026-11-20T23:00:00Z"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2026-11-20T22:59:59Z", "0:00:01 before the cutoff"),
        ("2026-11-19T23:00:00Z", "1 day, 0:00:00 before the cutoff"),
        ("2000-01-01T00:00:00Z", "before the cutoff"),
        ("2026-11-20T23:20:00Z", "lock-out"),
        ("2099-01-01T00:00:00Z", "lock-out"),
        ("${CUTOFF}", "no time of the form"),
        ("2026-11-20T23:00:00", "no time of the form"),
        ("2026-11-20T23:00:00.123456Z", "no time of the form"),
        ("2026-11-20T23:00:00+00:00", "no time of the form"),
        ("2026-02-30T23:00:00Z", "no time of the form"),
        ("1795215600", "no time of the form"),
        ("'2026-11-20T23:00:00Z'", "no time of the form"),
        ("", "no time of the form"),
    ],
)
def test_concrete_cutoff_elsewhere_is_not_proven(text: str, reason: str) -> None:
    proof = concrete(text)

    assert not proof.is_proven
    assert reason in failing(proof)


def test_a_session_issued_since_a_past_cutoff_is_the_counterexample() -> None:
    proof = concrete("2026-11-20T21:00:00Z")
    example = next(claim.counterexample for claim in proof.claims if claim.counterexample)

    assert example.keys["aws:tokenissuetime"] == "2026-11-20T21:00:00Z"


def test_a_time_that_was_rendered_long_ago_is_no_symbol() -> None:
    document = json.dumps(R1).replace("${CUTOFF}", format_instant(NOW - timedelta(hours=1)))

    assert not replace(PROVEN[0], placed=(put("inline", APP, document),)).prove().is_proven


def changed(scenario: Scenario, **facts: object) -> Proof:
    """The proof in an account where facts of the principal are others."""
    found = scenario.account
    principal = scenario.principal_of(found)
    assert principal is not None
    encoded = {**msgspec.json.decode(msgspec.json.encode(principal)), **facts}
    other = msgspec.json.decode(json.dumps(encoded), type=type(principal))
    return prove(scenario.placed, scenario.subject, other, found, expects=scenario.expects)


def test_cutoff_of_an_earlier_revocation_is_never_lowered() -> None:
    later = json.loads(json.dumps(R1).replace("${CUTOFF}", "2099-01-01T00:00:00Z"))
    earlier = json.loads(json.dumps(R1).replace("${CUTOFF}", "2026-11-19T00:00:00Z"))

    lowered = changed(PROVEN[0], inline=[{"name": "ir", "document": later}])
    assert "takes away a statement that denies" in failing(lowered)
    assert changed(PROVEN[0], inline=[{"name": "ir", "document": earlier}]).is_proven


def test_policy_of_the_same_name_is_not_lost() -> None:
    proof = changed(PROVEN[0], inline=[{"name": "ir", "document": policy(allow("s3:*"))}])

    assert "takes away a statement that allows" in failing(proof)


def boundary(*statements: Json) -> Scenario:
    return Scenario("boundary", (put("boundary", APP, policy(*statements), "own"),), OF_APP, APP, OLD)


def test_boundary_by_time_needs_an_allow() -> None:
    by_time = deny(Condition=s.BEFORE)

    assert boundary(allow(), by_time).prove().is_proven
    assert "does not allow everything" in failing(boundary(by_time).prove())
    assert "does not allow everything" in failing(boundary(allow("s3:*"), by_time).prove())


def test_boundary_that_limited_before_stays() -> None:
    by_time = boundary(allow(), deny(Condition=s.BEFORE))
    was = f"arn:aws:iam::{OWN}:policy/limit"

    def limited(document: Json) -> Proof:
        found = account({**s.facts(), "policies": [{"arn": was, "name": "limit", "versions": [
            {"id": "v1", "document": document, "is_default": True}]}]})  # fmt: skip
        principal = role_of(found, APP, boundary=was)
        return prove(by_time.placed, OF_APP, principal, found, expects=OLD)

    assert "something else than the previous boundary" in failing(limited(policy(allow("s3:*"))))
    assert limited(policy(allow())).is_proven


def role_of(found: Account, arn: str, **facts: object) -> Role:
    assert not isinstance(found.roles, Gap)
    return msgspec.structs.replace(next(each for each in found.roles if each.arn == arn), **facts)


def test_boundary_that_was_not_read_hides_no_denial() -> None:
    found = PROVEN[0].account
    principal = role_of(found, APP, boundary=f"arn:aws:iam::{OWN}:policy/unread")
    placed = (put("boundary", APP, s.R10, s.DENY_ALL),)

    assert prove(placed, OF_APP, principal, found, expects=BOTH).is_proven
    by_time = boundary(allow(), deny(Condition=s.BEFORE)).placed
    assert "was not read" in failing(prove(by_time, OF_APP, principal, found, expects=OLD))


def test_managed_policy_of_others_is_not_overwritten() -> None:
    shared = {"arn": f"arn:aws:iam::{OWN}:policy/ir", "name": "ir", "attachments": 3,
              "versions": [{"id": "v1", "document": s.R10, "is_default": True}]}  # fmt: skip
    found = account({**s.facts(), "policies": [shared]})
    proof = prove((put("managed", APP, R1),), OF_APP, role_of(found, APP), found, expects=OLD)

    assert "3 others carry it" in failing(proof)


RESPONDER = f"arn:aws:iam::{OWN}:role/responder"


def frozen(*statements: Json, spared: tuple[str, ...] = ()) -> Proof:
    document = policy(*statements)
    return Scenario("frozen", (put("trust", APP, document, ""),), OF_APP, APP, s.FREE, spared=spared).prove()


ADMITTING = s.trust({"Service": "ec2.amazonaws.com"})
SPARING: Json = {**s.FREEZE, "Condition": {"ArnNotEquals": {"aws:PrincipalArn": RESPONDER}}}


def test_frozen_trust_may_spare_the_responder_alone() -> None:
    proof = frozen(ADMITTING, SPARING, spared=(RESPONDER,))
    claim = next(each for each in proof.claims if each.who == "whoever assumes the role")

    assert proof.is_proven
    assert f"save for {RESPONDER}" in claim.why
    assert not frozen(ADMITTING, SPARING).is_proven
    assert not frozen(ADMITTING, SPARING, spared=(APP,)).is_proven


@pytest.mark.parametrize(
    ("statements", "reason"),
    [
        ((ADMITTING,), "does not deny sts:AssumeRole"),
        ((ADMITTING, {**s.FREEZE, "Principal": {"AWS": OPEN}}), "does not name everybody"),
        ((ADMITTING, {**s.FREEZE, "Action": "sts:AssumeRole"}), "sts:AssumeRoleWithSAML"),
        ((s.trust("*"), s.FREEZE), "admits somebody"),
        ((ADMITTING, {**s.FREEZE, "Resource": "*"}), "has no Resource"),
        ((ADMITTING, {**s.FREEZE, "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}}), "hangs on"),
        (
            (ADMITTING, {**s.FREEZE, "Condition": {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}}}),
            "hangs",
        ),
    ],
)
def test_trust_that_is_open_is_not_proven(statements: tuple[Json, ...], reason: str) -> None:
    assert reason in failing(frozen(*statements, spared=(RESPONDER,)))


def test_permission_set_keeps_what_it_had() -> None:
    own = policy(allow("s3:*"))
    both = policy(allow("s3:*"), *s.R9["Statement"])  # type: ignore[misc]  # a list of statements
    kept = put("permission set", s.SET, both, "", json.dumps(own))
    lost = put("permission set", s.SET, s.R9, "", json.dumps(own))
    expects = {**OLD, **s.OTHERS}

    assert Scenario("kept", (kept,), s.OF_PERSON, None, expects).prove().is_proven
    assert "takes away" in failing(Scenario("lost", (lost,), s.OF_PERSON, None, expects).prove())


def test_another_subject_has_no_part_in_the_source_identity_of_a_finding() -> None:
    subject = Subject(kind="role", account_id=OWN, name="app", source_identity="ann")

    assert replace(PROVEN[0], subject=subject).prove().is_proven


def test_users_of_other_names_are_left_alone() -> None:
    scenario = next(each for each in PROVEN if each.name == "user: both")
    both = put("scp", OWN, s.r5(ANN, s.BOB))

    assert not scenario.with_documents(both, scenario.placed[1]).prove().is_proven
    contained = replace(scenario.with_documents(both, scenario.placed[1]), contained=(s.BOB,))
    assert contained.prove().is_proven


def test_refused_document_is_not_proven_beside_one_that_works() -> None:
    broken = Placed(template="x", layer="scp", target=OWN, name="x", document='{"Version":"2012-10-17"')

    assert "would not come into force" in failing(PROVEN[0].with_documents(*PROVEN[0].placed, broken).prove())
