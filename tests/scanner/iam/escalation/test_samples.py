"""The two sample accounts with expected answers, where the folder that holds them lies beside the repository."""

from __future__ import annotations

import json
import string
from collections.abc import Callable, Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest

from scanner.iam.escalation.blast import Blast
from scanner.iam.escalation.paths import MOST_PATHS, Paths, paths_of
from scanner.iam.matching import matches
from scanner.iam.methods import escalation_catalogue
from scanner.snapshot import decode
from tests.accounts import NOW
from tests.scanner.iam.escalation.building import Json, methods

FOLDER = Path(__file__).parents[5] / "shared" / "data" / "privesc"
NAMES = ("iam-vulnerable", "pathfinding")
ACCOUNT = "444455556666"

FURTHER = {
    "privesc-ec2InstanceConnect-user": {"x-ec2-serialconsole"},
    "privesc-ec2InstanceConnect-role": {"x-ec2-serialconsole"},
    "privesc21-PassExistingRoleToNewDataPipeline-user": {"x-datapipeline-existing"},
    "privesc21-PassExistingRoleToNewDataPipeline-role": {"x-datapipeline-existing"},
}
"""Methods of the catalogue that hold too and that the samples do not know, by principal."""

LEFT_TO_THE_CATALOGUE = {
    # Nothing that these hold is anything by itself: only a run of a job that somebody else wrote.
    "pf-glue-004-no-2",
}
"""Debatable principals of whom nothing in the evidence can tell why."""

GAINS = {method.id: method.gain for method in escalation_catalogue().methods}

Expected = dict[str, dict[str, Any]]


@cache
def sample(name: str) -> tuple[str, str]:
    """The raw file, and what is expected of each principal, as text."""
    raw, expected = (FOLDER / f"{name}.{kind}.json" for kind in ("authz", "expected"))
    if not raw.exists():
        pytest.skip("the sample accounts are not beside the repository")
    return raw.read_text(), expected.read_text()


def principals(name: str) -> Expected:
    found: Expected = json.loads(sample(name)[1])["principals"]
    return found


def read(raw: Json) -> Paths:
    return paths_of(decode(json.dumps(raw).encode(), now=NOW, actions={}))


@cache
def paths(name: str) -> Paths:
    return read(json.loads(sample(name)[0]))


def answers(found: Paths) -> dict[str, set[str] | str]:
    """For every principal that it is an administrator, or the first methods by which it becomes one."""
    graph = found.graph
    return {
        arn: "administrator" if graph.administrators >> at & 1 else methods(found.escalation(arn))
        for at, arn in enumerate(graph.landscape.people.arns)
    }


def short(arn: str) -> str:
    return arn.rpartition("/")[2]


@pytest.mark.parametrize("name", NAMES)
def test_every_principal_is_answered_as_expected(name: str) -> None:
    expected = principals(name)
    found = answers(paths(name))

    assert found.keys() == expected.keys()
    for arn, facts in expected.items():
        if facts.get("admin"):
            assert found[arn] == "administrator", arn
        else:
            assert bool(found[arn]) == facts["escalates"], arn
            assert found[arn] == {*facts["methods"], *FURTHER.get(short(arn), ())}, arn


@pytest.mark.parametrize("name", NAMES)
def test_what_iam_data_does_not_show_is_named_and_lowers_the_confidence(name: str) -> None:
    for arn, facts in principals(name).items():
        found = paths(name).escalation(arn)
        if found is None:
            continue
        needy = [path for path in found.paths if any(step.needs for step in path.steps)]
        assert all(path.confidence == "low" for path in needy), arn
        assert bool(facts.get("needs_external")) == (len(needy) == len(found.paths)), arn
        assert len(found.paths) <= MOST_PATHS
        assert found.others == 0


@pytest.mark.parametrize("name", NAMES)
def test_a_path_is_a_chain_to_an_administrator(name: str) -> None:
    expected = principals(name)
    for arn in expected:
        found = paths(name).escalation(arn)
        for path in found.paths if found else ():
            assert path.steps[0].source == arn
            for one, two in pairwise(path.steps):
                # What is not a principal is joined or changed, and one goes on as oneself.
                assert two.source == (one.target if one.target in expected else one.source)
            last = path.steps[-1]
            assert bool(expected.get(last.target, {}).get("admin")) == (GAINS[last.method] == "become")


@pytest.mark.parametrize("name", NAMES)
def test_a_debatable_answer_comes_with_its_reason(name: str) -> None:
    blast = Blast(paths(name).graph)
    silent = set()
    for arn, facts in principals(name).items():
        if not facts.get("debatable") or facts.get("admin"):
            continue
        found, radius = paths(name).escalation(arn), blast.radius(arn)
        assert radius is not None
        if "make another principal one" in facts["note"]:
            assert found is None, arn
            assert radius.changes, arn
        elif found is not None:
            told = [step.needs or step.conditions for path in found.paths for step in path.steps]
            silent |= set() if any(told) else {short(arn)}
        elif not radius.changes and not radius.persistence:
            silent.add(short(arn))
    assert silent == {each for each in LEFT_TO_THE_CATALOGUE if each.startswith("pf-") == (name == "pathfinding")}


@pytest.mark.parametrize("name", NAMES)
def test_names_carry_no_meaning(name: str) -> None:
    raw = json.loads(sample(name)[0])
    renaming = Renaming(raw, Random(20261120))

    found = answers(read(renaming.applied(raw)))

    assert {renaming.back[arn]: answer for arn, answer in found.items()} == answers(paths(name))


@pytest.mark.parametrize("name", NAMES)
def test_the_order_of_lists_carries_no_meaning(name: str) -> None:
    found = read(shuffled(json.loads(sample(name)[0]), Random(7)))

    assert answers(found) == answers(paths(name))
    for arn in found.graph.landscape.people.arns:
        assert found.escalation(arn) == paths(name).escalation(arn)


class Renaming:
    """New names, paths, identifiers and another account id for everything in a file, and the way back."""

    def __init__(self, raw: Json, random: Random) -> None:
        self.account = "".join(random.choices("123456789", k=12))
        self.arns: dict[str, str] = {}
        self.names: dict[tuple[str, str], str] = {}
        for kind, entity in entities(raw):
            name = "".join(random.choices(string.ascii_letters + string.digits + "_+=,.@-", k=random.randint(1, 20)))
            path = "".join(
                f"/{''.join(random.choices(string.ascii_lowercase, k=3))}" for _ in range(random.randint(0, 2))
            )
            stem = f"arn:aws:iam::{self.account}:{kind}{path}/"
            self.arns[entity["Arn"]] = stem + name + str(len(self.arns))
            self.names[kind, entity[f"{LISTED[kind]}Name"]] = name + str(len(self.arns) - 1)
        self.back = {new: old for old, new in self.arns.items()}

    def applied(self, raw: Json) -> Json:
        found: Json = mapped(raw, self._renamed)
        for kind, entity in entities(found):
            entity[f"{LISTED[kind]}Name"] = self.names[kind, entity[f"{LISTED[kind]}Name"]]
            tail = entity["Arn"].partition(f":{kind}/")[2]
            entity["Path"] = "/" + tail.rpartition("/")[0] + ("/" if "/" in tail else "")
            for place, inline in enumerate(each for key in INLINE for each in entity.get(key, ())):
                inline["PolicyName"] = f"p{place}"
            for attached in entity.get("AttachedManagedPolicies", ()):
                attached["PolicyName"] = attached["PolicyArn"].rpartition("/")[2]
            if kind == "user":
                entity["GroupList"] = [self.names["group", each] for each in entity["GroupList"]]
        return found

    def _renamed(self, text: str) -> object:
        """A pattern becomes the list of what it matches: new names have no beginnings in common."""
        if text.startswith("arn:aws:iam::") and "*" in text:
            return [new for old, new in self.arns.items() if matches(text, old)] or text
        return self.arns.get(text, text.replace(ACCOUNT, self.account))


LISTED = {"user": "User", "group": "Group", "role": "Role", "policy": "Policy"}
INLINE = ("UserPolicyList", "GroupPolicyList", "RolePolicyList")


def entities(raw: Json) -> Iterator[tuple[str, Json]]:
    lists = {"user": "UserDetailList", "group": "GroupDetailList", "role": "RoleDetailList", "policy": "Policies"}
    for kind, name in lists.items():
        yield from ((kind, each) for each in raw[name] if ACCOUNT in each["Arn"] or "::aws:" not in each["Arn"])


def mapped(value: Any, change: Callable[[str], object]) -> Any:
    if isinstance(value, dict):
        return {key: mapped(each, change) for key, each in value.items()}
    if isinstance(value, list):
        return [mapped(each, change) for each in value]
    return change(value) if isinstance(value, str) else value


def shuffled(value: Any, random: Random) -> Any:
    if isinstance(value, dict):
        return {key: shuffled(each, random) for key, each in value.items()}
    if isinstance(value, list):
        found = [shuffled(each, random) for each in value]
        random.shuffle(found)
        return found
    return value
