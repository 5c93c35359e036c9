"""The escalation catalogue: complete, consistent in itself, and spelt as AWS spells it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from scanner.iam.catalogue import catalogue
from scanner.iam.methods import Act, EscalationCatalogue, Method, escalation_catalogue

ROOT = Path(__file__).parents[3]
DATA = ROOT / "scanner" / "iam" / "data"
KNOWN = escalation_catalogue()
METHODS = {method.id: method for method in KNOWN.methods}

UNPUBLISHED = {
    "bedrock-agentcore:CreateHarness": "newer than the table of actions",
    "bedrock-agentcore:GetHarness": "newer than the table of actions",
    "codestar:CreateProjectFromTemplate": "was never published, and the service is closed",
    "sso:GetRoleCredentials": "a call of the portal, decided by its token and not by IAM",
}

# Where the role that is passed is not the one whose rights are gained.
PASSES_ANOTHER_ROLE = {"x-codedeploy-newgroup"}

GAINS = {
    "become": {"role", "user", "new-role", "new-user"},
    "empower": {"self", "group", "new-group", "permission-set"},
    "both": {"role", "user", "new-role", "new-user"},
    "lift": {"self", "role", "user", "permission-set"},
    "weaken": {"outside", "role"},
    "outside": {"outside", "permission-set", "user", "self"},
}

RESOURCES = {
    "assume": {"role"},
    "own-policy": {"policy"},
    "target-policy": {"policy"},
    "boundary-policy": {"policy"},
    "own-group": {"group"},
    "target-group": {"group"},
    "new-role": {"role"},
    "new-user": {"user"},
    "new-group": {"group"},
    "new-profile": {"instance-profile"},
    "target-provider": {"saml-provider", "oidc-provider"},
}


def acts(method: Method) -> Iterator[Act]:
    return (act for way in method.ways for act in way)


def all_actions() -> Iterator[str]:
    for method in KNOWN.methods:
        yield from (act.action for act in acts(method))
        yield from method.optional
    for secret in KNOWN.yields:
        yield from (action for way in secret.ways for action in way)
    yield from (notable.action for notable in (*KNOWN.blinding, *KNOWN.persistence))


def wrong(*conditions: tuple[str, bool]) -> list[str]:
    return [name for name, holds in conditions if not holds]


@pytest.fixture(scope="module")
def sources() -> list[dict[str, Any]]:
    folder = ROOT.parent / "shared" / "data" / "privesc"
    if not folder.is_dir():
        pytest.skip("the lists that the catalogue was made from are not part of the repository")
    first, more = (json.loads((folder / name).read_bytes()) for name in ("catalogue.json", "catalogue-more.json"))
    return [*first["paths"], *first["additional"], *more["paths"], *more["additional"], *more["credential_access"]]


def test_every_source_entry_is_there_in_the_order_of_the_source(sources: list[dict[str, Any]]) -> None:
    ours = [method.id for method in KNOWN.methods if "/" not in method.id] + [secret.id for secret in KNOWN.yields]
    assert ours == [entry["id"] for entry in sources]


def test_every_way_of_the_sources_is_there(sources: list[dict[str, Any]]) -> None:
    ours: dict[str, set[frozenset[str]]] = {secret.id: set(map(frozenset, secret.ways)) for secret in KNOWN.yields}
    for method in KNOWN.methods:
        ways = {frozenset(act.action for act in way) for way in method.ways}
        ours.setdefault(method.id.partition("/")[0], set()).update(ways)
    for entry in sources:
        theirs = {frozenset(way) for way in [entry["required_actions"], *entry.get("alternatives", [])]}
        assert theirs <= ours[entry["id"]], entry["id"]


def test_needs_and_trusts_are_those_of_the_sources(sources: list[dict[str, Any]]) -> None:
    theirs = {entry["id"]: entry for entry in sources}
    for method in KNOWN.methods:
        if "/" in method.id or method.gain == "weaken":
            continue
        entry = theirs[method.id]
        assert method.needs or not entry.get("existing_resource"), method.id
        if entry["target"]["kind"] == "role" and "deploys" not in method.target.must:
            assert set(entry["target"].get("trusts_any_of", [])) <= set(method.target.trusts), method.id


def test_ids_are_unique_and_parts_follow_their_method() -> None:
    ids = [method.id for method in KNOWN.methods] + [secret.id for secret in KNOWN.yields]
    assert len(set(ids)) == len(ids) == 314 + sum("/" in name for name in ids)
    for before, after in zip(KNOWN.methods, KNOWN.methods[1:], strict=False):
        name, _, part = after.id.partition("/")
        if part:
            assert before.id == (name if part == "2" else f"{name}/{int(part) - 1}")
            assert before.service == after.service


def test_the_file_spells_out_no_default() -> None:
    written = json.loads((DATA / "escalation.json").read_bytes())
    assert written == json.loads(msgspec.json.encode(KNOWN))


@pytest.mark.parametrize("method", KNOWN.methods, ids=lambda method: method.id)
def test_a_method_is_well_formed(method: Method) -> None:
    ways = [{act.action for act in way} for way in method.ways]
    passes = [act for act in acts(method) if act.action == "iam:PassRole"]
    assert not wrong(
        ("gain and target", method.target.kind in GAINS[method.gain]),
        ("ways", bool(method.ways) and all(method.ways) and len(set(method.ways)) == len(method.ways)),
        ("no act twice", all(len(set(way)) == len(way) for way in method.ways)),
        ("passed_to", bool(method.passed_to) == bool(passes)),
        ("passes in every way or in none", all("iam:PassRole" in way for way in ways) == bool(passes)),
        ("what is passed", all((act.on == "service") == (method.id in PASSES_ANOTHER_ROLE) for act in passes)),
        ("services", all(name.endswith(".amazonaws.com") for name in (*method.target.trusts, *method.passed_to))),
        ("trusts of roles only", method.target.kind == "role" or not method.target.trusts),
        ("new-passrole", method.category != "new-passrole" or bool(passes)),
        ("existing-passrole", method.category != "existing-passrole" or bool(method.needs)),
        ("sources", bool(method.sources)),
        ("optional", all(any(name not in way for way in ways) for name in method.optional)),
    )


@pytest.mark.parametrize("method", KNOWN.methods, ids=lambda method: method.id)
def test_its_acts_fit_its_target(method: Method) -> None:
    kind, places = method.target.kind, {act.on for act in acts(method)}
    assert not wrong(
        ("target exists", "target" not in places or kind in {"role", "user", "group"}),
        ("assume a role", "assume" not in places or kind == "role"),
        ("the new target is made", not kind.startswith("new-") or kind in places),
        ("a limit of oneself", places.isdisjoint({"self", "own-policy", "own-group"}) or kind == "self"),
        ("group of a user", "own-group" not in places or method.caller == "user"),
        ("joining needs a user", kind not in {"group", "new-group"} or method.caller == "user"),
    )


@pytest.mark.parametrize(
    ("must", "action"),
    [
        ("fewer-keys", "iam:CreateAccessKey"),
        ("two-keys", "iam:DeleteAccessKey"),
        ("no-password", "iam:CreateLoginProfile"),
        ("password", "iam:UpdateLoginProfile"),
        ("not-service-linked", "iam:UpdateAssumeRolePolicy"),
        ("trusts-missing-provider", "iam:CreateSAMLProvider"),
    ],
)
def test_what_an_action_asks_of_its_target(must: str, action: str) -> None:
    asks = {method.id for method in KNOWN.methods if must in method.target.must}
    places = {"target", "target-provider"}
    acting = {
        method.id for method in KNOWN.methods for act in acts(method) if act.action == action and act.on in places
    }
    if must == "fewer-keys":
        acting -= {"iam-003"}
    if must == "trusts-missing-provider":
        asks, acting = asks - {"x-iam-createoidcprovider/2"}, acting - {"x-iam-createsamlprovider/2"}
    assert asks == acting
    assert asks


def test_a_rollback_needs_an_older_version() -> None:
    for method in KNOWN.methods:
        if any(act.action == "iam:SetDefaultPolicyVersion" for act in acts(method)):
            assert {"older-version", "boundary-older-version"} & set(method.target.must), method.id


def test_iam_acts_are_on_what_the_action_can_be_granted_on() -> None:
    strange = []
    for method in KNOWN.methods:
        expected: dict[str, set[str]] = {**RESOURCES, "target": {method.target.kind}, "self": {method.caller}}
        for act in acts(method):
            facts = catalogue().action(act.action)
            if act.on != "service" and (
                facts is None or expected[act.on].isdisjoint(use.type for use in facts.resources)
            ):
                strange.append((method.id, act.action, act.on))
    assert strange == []


def test_the_caller_is_of_the_kind_that_the_action_changes() -> None:
    for method in KNOWN.methods:
        if any(act.on == "self" for act in acts(method)):
            assert method.caller != "any", method.id


def test_actions_are_spelt_as_aws_spells_them() -> None:
    unknown = set()
    for name in all_actions():
        facts = catalogue().action(name)
        if facts is None or facts.name != name:
            unknown.add(name)
    assert unknown == set(UNPUBLISHED)


@pytest.mark.parametrize("notables", [KNOWN.blinding, KNOWN.persistence], ids=["blinding", "persistence"])
def test_notable_actions_are_named_once_and_change_something(notables: tuple[Any, ...]) -> None:
    assert len({notable.action for notable in notables}) == len(notables) > 100
    for notable in notables:
        facts = catalogue().action(notable.action)
        assert facts is not None
        assert facts.level not in {"Read", "List"} or notable.action.startswith("sts:Get"), notable.action
        assert 0 < len(notable.why) <= 90


@pytest.mark.parametrize(
    "action",
    ["cloudtrail:StopLogging", "guardduty:CreateFilter", "events:DisableRule", "sns:Unsubscribe", "kms:DisableKey"],
)
def test_the_first_moves_against_logging_are_known(action: str) -> None:
    assert action in {notable.action for notable in KNOWN.blinding}


@pytest.mark.parametrize(
    ("name", "gain", "kind", "caller", "way"),
    [
        ("iam-001", "empower", "self", "any", [("iam:CreatePolicyVersion", "own-policy")]),
        ("iam-010", "empower", "self", "user", [("iam:AttachGroupPolicy", "own-group")]),
        ("iam-012", "become", "role", "any", [("iam:UpdateAssumeRolePolicy", "target")]),
        ("iam-013", "empower", "group", "user", [("iam:AddUserToGroup", "target-group")]),
        (
            "iam-016",
            "both",
            "role",
            "any",
            [("iam:CreatePolicyVersion", "target-policy"), ("sts:AssumeRole", "assume")],
        ),
        ("iam-022", "lift", "self", "user", [("iam:DeleteUserPermissionsBoundary", "self")]),
        ("lambda-003", "become", "role", "any", [("lambda:UpdateFunctionCode", "service")]),
        (
            "x-iam-creategroup-attach-add/2",
            "empower",
            "group",
            "user",
            [("iam:AttachGroupPolicy", "target"), ("iam:AddUserToGroup", "target")],
        ),
    ],
)
def test_known_methods(name: str, gain: str, kind: str, caller: str, way: list[tuple[str, str]]) -> None:
    method = METHODS[name]
    assert (method.gain, method.target.kind, method.caller) == (gain, kind, caller)
    assert [(act.action, act.on) for act in method.ways[0]] == way


def test_an_unknown_word_is_refused() -> None:
    raw = json.loads((DATA / "escalation.json").read_bytes())
    raw["methods"] = raw["methods"][:1]
    raw["methods"][0]["ways"][0][0][1] = "somewhere"
    with pytest.raises(msgspec.ValidationError, match="somewhere"):
        msgspec.json.decode(json.dumps(raw), type=EscalationCatalogue)


LAZY = """
import sys
opened = []
sys.addaudithook(lambda event, what: opened.append(str(what[0])) if event == "open" else None)
read = lambda: sum(name.endswith("escalation.json") for name in opened)
from scanner.iam.methods import escalation_catalogue
assert read() == 0, "read on import"
assert escalation_catalogue() is escalation_catalogue()
assert read() == 1, "read twice"
"""


def test_it_is_read_once_and_when_asked_for() -> None:
    subprocess.run([sys.executable, "-c", LAZY], cwd=ROOT, check=True)


def test_reading_it_is_fast() -> None:
    started = time.process_time()
    escalation_catalogue.__wrapped__()
    assert time.process_time() - started < 5


def test_the_notice_of_pathfinding_travels_with_the_facts() -> None:
    notice = (DATA / "NOTICE.pathfinding").read_text(encoding="utf-8")
    for needed in ("Copyright 2025-Present Datadog, Inc.", "Apache License, Version 2.0", "Changes:", "84dd65c9"):
        assert needed in notice
    assert "Apache License" in (ROOT / "LICENSE").read_text(encoding="utf-8")
