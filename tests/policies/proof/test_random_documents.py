"""Documents that nobody would write: whatever the proof says of them, the separate oracle says as well."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policies.placed import Effect, Layer, Placed
from policies.proof import Who
from tests.accounts import OWN, Json, policy
from tests.policies.proof import scenarios as s
from tests.policies.proof.oracle import limits, refuses
from tests.policies.proof.scenarios import Scenario, put
from tests.policies.proof.signing import requests
from tests.policies.proof.test_against_oracle import agrees, in_place, speaks

CUTOFF = s.PROVEN[0].account.taken_at.replace(year=2027)

_CONDITIONS: tuple[tuple[tuple[str, ...], str, tuple[object, ...]], ...] = (
    (("DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateLessThanIfExists", "DateGreaterThanEquals"),
     "aws:TokenIssueTime", ("${CUTOFF}", "2026-11-20T11:00:00Z", "2099-01-01T00:00:00Z")),
    (("StringEquals", "StringLike", "StringNotEquals", "StringEqualsIfExists"), "aws:userid",
     (f"AROAAPP:{s.NAME}", "AROAAPP:*", "*", "AROAOPEN:ann", "AIDAANN", f"{OWN}:*")),
    (("ArnEquals", "ArnLike", "ArnNotEquals", "StringEquals", "StringLike", "ArnEqualsIfExists"), "aws:PrincipalArn",
     (s.APP, s.OPEN, s.ANN, f"arn:aws:iam::{OWN}:role/*", f"arn:aws:sts::{OWN}:federated-user/*", "*",
      [s.APP, s.OPEN, s.ANN])),
    (("ArnEquals", "ArnNotEquals", "Null"), "ec2:SourceInstanceARN", (s.INSTANCE, "true")),
    (("StringEquals", "StringNotEquals", "StringLike"), "aws:SourceIdentity", ("ann", "eve", "*")),
    (("StringEquals", "StringNotEquals"), "identitystore:UserId", (s.PERSON, "other")),
    (("Bool", "BoolIfExists"), "aws:MultiFactorAuthPresent", ("true", "false")),
    (("StringEquals", "StringNotEquals"), "aws:PrincipalAccount", (OWN, "999988887777")),
    (("Null",), "aws:TokenIssueTime", ("true", "false")),
)  # fmt: skip
_ACTIONS = ("*", "*:*", "s3:*", "iam:*", ["s3:*", "ec2:*"], "?*", "**")
_RESOURCES = ("*", "arn:*", "**", ["arn:aws:s3:::*", "*"], "arn:aws:s3:::payroll/*")
_LAYERS: dict[str, tuple[Layer, ...]] = {
    "role: one instance": ("inline", "managed", "boundary", "scp"),
    "role that anybody may assume: by time": ("inline", "scp"),
    "chain: by source identity": ("inline", "scp"),
    "person: one permission set": ("scp", "permission set"),
    "user: quarantine": ("inline", "managed", "boundary", "scp"),
    "root: by the organization": ("scp",),
}
_SUBJECTS = [(each.principal, _LAYERS[each.name], each) for each in s.PROVEN if each.name in _LAYERS]
_WHO: tuple[Who, ...] = (
    "old session", "new session", "new session with MFA", "new session without MFA", "long-term key", "another session",
)  # fmt: skip


@st.composite
def statements(draw: st.DrawFn) -> Json:
    effect = draw(st.sampled_from(("Deny", "Deny", "Deny", "Allow")))
    found: Json = {"Effect": effect}
    found[draw(st.sampled_from(("Action", "Action", "Action", "NotAction")))] = draw(st.sampled_from(_ACTIONS))
    found[draw(st.sampled_from(("Resource", "Resource", "Resource", "NotResource")))] = draw(
        st.sampled_from(_RESOURCES)
    )
    conditions: dict[str, dict[str, object]] = {}
    for _ in range(draw(st.sampled_from((0, 1, 1, 2)))):
        operators, key, values = draw(st.sampled_from(_CONDITIONS))
        operator = draw(st.sampled_from(operators))
        fitting = [
            each for each in values if (each in ("true", "false")) == (operator in ("Null", "Bool", "BoolIfExists"))
        ]
        conditions.setdefault(operator, {})[key] = draw(st.sampled_from(fitting or ["true"]))
    return {**found, "Condition": conditions} if conditions else found


@st.composite
def containments(draw: st.DrawFn) -> Scenario:
    principal, layers, like = draw(st.sampled_from(_SUBJECTS))
    placed: list[Placed] = []
    for number in range(draw(st.sampled_from((1, 1, 2)))):
        layer = draw(st.sampled_from(layers))
        target = {"scp": OWN, "permission set": s.SET}.get(layer, principal or "")
        document = policy(*draw(st.lists(statements(), min_size=1, max_size=3)))
        placed.append(put(layer, target, json.dumps(document), f"ir-{number}"))
    effects = st.sampled_from(("denied", "as before", "none"))
    drawn = {who: draw(effects) for who in _WHO}
    expects: dict[Who, Effect] = {
        who: "denied" if told == "denied" else "as before" for who, told in drawn.items() if told != "none"
    }
    return replace(like, placed=tuple(placed), expects=expects or {"old session": "denied"})


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(scenario=containments(), data=st.data())
def test_oracle_agrees_about_any_documents(scenario: Scenario, data: st.DataObject) -> None:
    claims = scenario.prove().claims
    for claim in claims:
        agrees(scenario, claim)
    documents = in_place(scenario.placed, CUTOFF)
    for claim in filter(speaks, claims):
        for _ in range(4):
            asked = data.draw(requests(scenario, claim.who, claim.form, CUTOFF))
            refused = refuses(documents, asked)
            assert refused is (claim.expected == "denied"), (claim, asked)
            if claim.expected == "as before":
                assert not limits(documents, asked), (claim, asked)
