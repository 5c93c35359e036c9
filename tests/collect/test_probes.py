"""The questions of a preflight: one for each action, of the right form, and harmless."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from scanner.actions import ACTIONS, Action, permission_of
from scanner.collect.probe import MADE_UP, Probe, waves
from scanner.collect.probes import PROBES
from scanner.iam.catalogue import Level, catalogue
from tests.collect.faulty import ACCOUNT_ID, HOME

NAMES = {
    "account": ACCOUNT_ID, "partition": "aws", "region": HOME, "bucket": "logs", "bucket_region": HOME,
    "log_buckets": "",
}  # fmt: skip
ONLY_REAL = frozenset({"bucket"})
"""What no name is made up for."""


def test_every_declared_action_has_a_probe() -> None:
    assert set(PROBES) == {action.api for action in ACTIONS}


MODELS = botocore.session.get_session()


def operation(api: str) -> Any:
    service, _, name = api.partition(":")
    return MODELS.get_service_model(service).operation_model(name)


def texts(shape: Any, value: Any) -> Iterator[tuple[Any, str]]:
    """Every text in a request with its shape."""
    if shape.type_name == "structure":
        for name, member in value.items():
            yield from texts(shape.members[name], member)
    elif shape.type_name == "list":
        for member in value:
            yield from texts(shape.member, member)
    elif shape.type_name == "string":
        yield shape, value


@pytest.mark.parametrize("api", PROBES)
@pytest.mark.parametrize("partition", ["aws", "aws-us-gov"])
def test_questions_are_of_the_form_that_the_service_takes(api: str, partition: str) -> None:
    parameters, _ = PROBES[api].question({**NAMES, "partition": partition})
    shape = operation(api).input_shape
    if shape is None:
        assert parameters == {}
        return

    assert not ParamValidator().validate(parameters, shape).has_errors()
    for member, text in texts(shape, parameters):
        assert text in (member.metadata.get("enum") or [text])
        assert len(text) <= member.metadata.get("max", len(text))
        # Patterns with surrogates, which are for services that count in UTF-16, match every name.
        pattern = member.metadata.get("pattern", "")
        assert "\\uD8" in pattern or re.search(f"^(?:{pattern or '.*'})$", text), (pattern, text)


NOT_IN_MODELS = {"DryRunOperation", "NoSuchBucket", "NoSuchEntity", "AccessDenied", "AccessDeniedException"}
OLD_NAMES_OF_SQS = {"AWS.SimpleQueueService.NonExistentQueue", "AWS.SimpleQueueService.QueueDoesNotExist"}


@pytest.mark.parametrize("api", PROBES)
def test_error_codes_are_those_of_the_service(api: str) -> None:
    shapes = operation(api).error_shapes
    codes = {shape.name for shape in shapes} | {shape.metadata.get("error", {}).get("code") for shape in shapes}

    assert PROBES[api].proves | PROBES[api].tells_nothing <= codes | NOT_IN_MODELS | OLD_NAMES_OF_SQS


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.api)
def test_nothing_is_changed(action: Action) -> None:
    permission = permission_of(action.api)
    facts = catalogue().action(permission) if permission else None

    assert not permission or (facts is not None and facts.level in {Level.LIST, Level.READ})


def test_every_name_can_be_known() -> None:
    needed = {name for probe in PROBES.values() for name in probe.needs} - {"account", "partition", "region"}
    given = {name for probe in PROBES.values() for name in probe.gives}

    assert needed == set(MADE_UP) | ONLY_REAL
    assert needed <= given


def test_names_are_learnt_before_they_are_needed() -> None:
    one, two, three = (
        Probe(gives={"a": lambda _, __: "x"}),
        Probe({"A": "{a}"}, gives={"b": lambda _, __: "y"}),
        Probe({"B": ["{b}"]}),
    )

    assert list(waves({"three": three, "two": two, "one": one})) == [("one",), ("two",), ("three",)]
    assert list(waves({"three": three, "two": two})) == [("two",), ("three",)]
