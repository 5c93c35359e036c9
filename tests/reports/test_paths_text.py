"""Paths as sentences and as a tree: whole outputs, and what is shown of much."""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec
import pytest
from syrupy.assertion import SnapshotAssertion

from reports import paths_text, paths_tree
from reports.json_text import indented
from reports.paths_graph import dot, drawing, mermaid
from reports.paths_words import Names
from scanner.iam.escalation.told import Survey, Traced
from tests.reports.paths_sample import EVERYONE, OWN, SURVEYS
from tests.reports.test_snapshots import whole_file

FORMATS: dict[str, Callable[[Survey], str]] = {
    "txt": paths_text.render,
    "tree": paths_tree.render,
    "dot": lambda survey: dot(drawing(survey)),
    "mmd": lambda survey: mermaid(drawing(survey)),
    "json": indented,
}


@pytest.mark.parametrize("suffix", FORMATS)
def test_everyone_in_every_format(suffix: str, snapshot: SnapshotAssertion) -> None:
    assert FORMATS[suffix](EVERYONE) == snapshot(extension_class=whole_file(suffix))


@pytest.mark.parametrize("name", [name for name in SURVEYS if name != "everyone"])
def test_the_sentences_of_each_question(name: str, snapshot: SnapshotAssertion) -> None:
    assert paths_text.render(SURVEYS[name]) == snapshot(extension_class=whole_file("txt"))


@pytest.mark.parametrize("name", ["to build", "ann to fay", "ann", "fay"])
def test_the_tree_of_a_question(name: str, snapshot: SnapshotAssertion) -> None:
    assert paths_tree.render(SURVEYS[name]) == snapshot(extension_class=whole_file("txt"))


def test_everything_is_each_alone() -> None:
    text = paths_text.render(EVERYONE, every=True)

    assert "\n  user/ann\n" in text
    assert "\n  user/bob\n" in text
    assert "  user/ann, user/bob\n" in paths_text.render(EVERYONE)


@pytest.mark.parametrize("render", [paths_text.render, paths_tree.render])
def test_a_limit_says_what_is_left_out(render: Callable[..., str]) -> None:
    text = render(EVERYONE, limit=2)

    assert "Not shown: 3 more groups, 4 principals. --limit 5 shows all." in text
    assert "user/dora" in text
    assert "user/gus" not in text
    assert "Not shown" not in render(EVERYONE, limit=5)


def multiplied(number: int) -> Survey:
    """The survey as if many users could do what ann can, and as many were administrators and unknown."""
    ann = next(each for each in EVERYONE.principals if each.arn.endswith("user/ann"))
    arns = [f"arn:aws:iam::{OWN}:user/u{place:05}" for place in range(number)]
    able = tuple(msgspec.structs.replace(ann, arn=arn, paths=_moved(ann, arn)) for arn in arns)
    unknown = tuple(Traced(arn=arn.replace("user/u", "user/x"), unread=("policy p was not read",)) for arn in arns)
    administrators = tuple(arn.replace("user/u", "user/a") for arn in arns)
    return msgspec.structs.replace(EVERYONE, principals=(*able, *unknown), administrators=administrators)


def _moved(traced: Traced, arn: str) -> tuple[object, ...]:
    first = traced.paths[0]
    steps = (msgspec.structs.replace(first.steps[0], source=arn), *first.steps[1:])
    return (msgspec.structs.replace(first, steps=steps),)


def test_much_is_told_in_little() -> None:
    much = multiplied(6_000)

    for text in (paths_text.render(much), paths_tree.render(much), dot(drawing(much)), mermaid(drawing(much))):
        assert len(text.splitlines()) < 60
        assert len(text) < 6_000
    assert "user/u00000, user/u00001, user/u00002, user/u00003, user/u00004 and 5,995 more" in " ".join(
        paths_text.render(much).split()
    )
    assert "Administrators: 6,000" in paths_text.render(much)
    assert "and 5,980 more" in paths_text.render(much)
    assert "Not known, since policies were not read: 6,000 principals" in paths_text.render(much)


def test_further_ways_are_counted() -> None:
    first, *others = EVERYONE.principals
    alone = msgspec.structs.replace(EVERYONE, principals=(msgspec.structs.replace(first, others=3), *others))
    ann, bob = (each for each in EVERYONE.principals if each.arn.endswith(("user/ann", "user/bob")))
    together = (ann, msgspec.structs.replace(bob, others=1, paths=bob.paths * 2))

    assert "and 3 more ways\n" in paths_text.render(alone)
    assert "└─ and 3 more ways\n" in paths_tree.render(alone)
    assert "and up to 2 more ways each\n" in paths_text.render(msgspec.structs.replace(EVERYONE, principals=together))


def test_what_is_contained_is_marked() -> None:
    artefacts = SURVEYS["web"].principals[0].artefacts
    first, *others = EVERYONE.principals
    held = msgspec.structs.replace(EVERYONE, principals=(msgspec.structs.replace(first, artefacts=artefacts), *others))

    assert "  role/build (contained)\n" in paths_text.render(held)


def test_a_tree_for_terminals_without_strokes() -> None:
    text = paths_tree.render(EVERYONE, strokes=paths_tree.ASCII)

    assert text.isascii()
    assert text.count("`- ") == paths_tree.render(EVERYONE).count("└─ ")


@pytest.mark.parametrize("name", SURVEYS)
def test_lines_fit_a_terminal(name: str) -> None:
    for text in (paths_text.render(SURVEYS[name]), paths_tree.render(SURVEYS[name])):
        assert max(map(len, text.splitlines())) <= 100
        assert not re.search(r"[ \t]$|\n\n\n", text, re.MULTILINE)


def test_what_was_not_read_is_beside_every_no() -> None:
    eve = SURVEYS["eve"]
    gone = msgspec.structs.replace(EVERYONE, missing=("iam:ListUsers was denied",), principals=())

    assert "becomes an administrator.\nThis may be wrong. What was not read:\n  policy" in paths_text.render(eve)
    assert "What was not read:\n  policy" in paths_tree.render(eve)
    assert "This may be wrong. What was not read:\n  iam:ListUsers was denied" in paths_text.render(gone)


def test_names_are_short_where_they_are_one_principals_alone() -> None:
    arns = [f"arn:aws:iam::{OWN}:role/{path}x" for path in ("", "a/")]
    other = f"arn:aws:iam::{OWN}:role/b/y"
    principals = tuple(Traced(arn=arn) for arn in (*arns, other))
    names = Names(msgspec.structs.replace(EVERYONE, principals=principals))

    assert [names.of(arn) for arn in (*arns, other)] == [*arns, "role/y"]
    for foreign in ("arn:aws:iam::999988887777:role/y", "arn:aws:iam::aws:policy/P", "nonsense", ""):
        assert names.of(foreign) == foreign
