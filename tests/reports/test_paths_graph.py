"""Paths as DOT and Mermaid, and hostile text in every string of what is told of them."""

from __future__ import annotations

import functools
import html
import json
import re
import shutil
import subprocess

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports import paths_text, paths_tree
from reports.json_text import indented
from reports.paths_graph import Drawing, dot, drawing, mermaid
from reports.visible import HIDDEN, inert, visible
from scanner.iam.escalation.told import Survey
from tests.reports.paths_sample import EVERYONE, OWN, SURVEYS
from tests.reports.test_injection import PAYLOADS, replaced, walk
from tests.reports.test_injection import Path as Place

LANGUAGES = {
    "link": '"];click n1 href "javascript:alert(1)"',
    "attribute": '", URL="javascript:alert(1)", label="x',
    "edge": '"] --> n9; n1 -> n9 [label="',
    "directive": '%%{init: {"securityLevel": "loose"}}%%',
    "fence": "```\n</code>**b** _i_ `c`",
    "escapes": '\\N \\G \\l \\" \\',
    "entities": "#quot;#35;&quot;&lt;&#60;x&#62;",
    "marks": "\ufb02\xb0\xb060\xb6\xdf",
    "words": "end\nsubgraph a\nclassDef x fill:#f00",
    "comment": "*/ // # %% --",
    "brackets": ']]) }} |" ((( >',
}
CORPUS = {**PAYLOADS, **LANGUAGES}

TEXT = r'"(?:[^"\\\n]|\\["\\])*"'
DOT_LINE = re.compile(
    rf"digraph paths {{|}}|  (?:node|edge) \[fontsize=\d+\];|  graph \[rankdir=LR, label={TEXT}\];"
    rf"|  n\d+ \[label={TEXT}, tooltip={TEXT}, shape=\w+(?:, peripheries=2)?(?:, style=\"\w+\")?\];"
    rf'|  n\d+ -> n\d+ \[label={TEXT}, tooltip={TEXT}(?:, style="dashed")?\];'
)
PLAIN = r"(?:[A-Za-z0-9 _./:@=+,-]|#\d+;)*"
MERMAID_LINE = re.compile(
    rf'(?:  )?%% {PLAIN}|flowchart LR|  n\d+(?:\["{PLAIN}"\]|\(\["{PLAIN}"\]\)|\[\["{PLAIN}"\]\])'
    rf'|  n\d+ (?:-->|-\.->)\|"{PLAIN}"\| n\d+'
)


@functools.cache
def document() -> object:
    return msgspec.to_builtins(msgspec.structs.replace(EVERYONE, missing=("an answer was denied",)))


def with_text(text: str, *places: Place) -> Survey:
    return msgspec.convert(replaced(document(), frozenset(places), text), Survey)


def takes_any_text(place: Place) -> bool:
    try:
        with_text("benign", place)
    except msgspec.ValidationError:
        return False
    return True


PLACES = [place for place in walk(document()) if takes_any_text(place)]


def check(survey: Survey) -> None:
    for text in (paths_text.render(survey), paths_tree.render(survey)):
        assert not HIDDEN.search(text.replace("\n", ""))
        assert not re.search(r"^\s*::|##\[|##vso\[", text, re.MULTILINE)
        assert text.encode()
    for every in (False, True):
        made = drawing(survey, every=every)
        check_dot(dot(made), made)
        check_mermaid(mermaid(made), made)
    assert json.loads(indented(survey))["schema"] == "guardrift/paths/1"
    assert not HIDDEN.search(indented(survey).replace("\n", ""))


def check_dot(text: str, made: Drawing) -> None:
    *lines, last = text.split("\n")
    assert last == ""
    assert [line for line in lines if not DOT_LINE.fullmatch(line)] == []
    assert len(lines) == 5 + len(made.nodes) + len(made.edges)
    assert not re.search(r"##\[|##vso\[", text)


def check_mermaid(text: str, made: Drawing) -> None:
    *lines, last = text.split("\n")
    assert last == ""
    assert [line for line in lines if not MERMAID_LINE.fullmatch(line)] == []
    assert len(lines) == 2 + 2 * len(made.nodes) + len(made.edges)


def test_the_places_are_those_of_names_and_texts() -> None:
    names = {next(str(step) for step in reversed(place) if isinstance(step, str)) for place in PLACES}

    assert {"account_id", "missing", "administrators", "arn", "from", "to", "method", "title", "actions"} <= names
    assert {"conditions", "needs", "unread", "sources", "worst"} <= names
    assert not names & {"schema", "taken_at", "confidence"}


@pytest.mark.parametrize("text", CORPUS.values(), ids=CORPUS)
def test_a_payload_in_every_place_at_once(text: str) -> None:
    check(with_text(text, *PLACES))


@pytest.mark.parametrize("text", CORPUS.values(), ids=CORPUS)
def test_a_payload_as_the_name_of_every_principal(text: str) -> None:
    """The ARNs stay different, so that the whole graph is drawn."""
    survey = renamed(text)

    check(survey)
    assert len(drawing(survey).nodes) == len(drawing(EVERYONE).nodes)


def renamed(text: str) -> Survey:
    """The survey with the text at the end of every ARN of the account."""
    return msgspec.convert(_filled(document(), text), Survey)


def _filled(value: object, text: str) -> object:
    if isinstance(value, dict):
        return {key: _filled(item, text) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_filled(item, text) for item in value]
    return value + text if isinstance(value, str) and value.startswith(f"arn:aws:iam::{OWN}:") else value


@settings(deadline=None, max_examples=60)
@given(st.text(st.characters(exclude_categories=()), min_size=1, max_size=60))
def test_any_text_in_every_place(text: str) -> None:
    check(with_text(text, *PLACES))


@pytest.mark.parametrize("name", SURVEYS)
def test_every_question_can_be_drawn(name: str) -> None:
    check(SURVEYS[name])


def test_what_an_edge_hangs_on_is_seen() -> None:
    made = drawing(EVERYONE)
    dashed = {edge.text for edge in made.edges if edge.hangs}

    assert dashed == {"iam-008", "ssm-002"}
    assert dot(made).count("-> n") - dot(made).count('style="dashed"];') == len(made.edges) - 2
    assert mermaid(made).count("-.->") == 2


def test_administrators_are_seen() -> None:
    made = drawing(EVERYONE)
    shapes = {node.text: node.shape for node in made.nodes.values()}

    assert shapes["role/release"] == shapes["role/box"] == "administrator"
    assert shapes["administrator rights"] == "rights"
    assert shapes["2 principals: user/ann, user/bob"] == "several"
    assert shapes["user/cem"] == shapes["role/build"] == "principal"
    assert '(["role/release"])' in mermaid(made)


def test_one_without_a_path_is_drawn_alone() -> None:
    made = drawing(SURVEYS["fay"])

    assert [node.text for node in made.nodes.values()] == ["user/fay"]
    assert made.edges == set()


def test_the_order_is_stable() -> None:
    backwards = msgspec.structs.replace(EVERYONE, principals=tuple(reversed(EVERYONE.principals)))

    assert dot(drawing(backwards)) == dot(drawing(EVERYONE))
    assert mermaid(drawing(backwards)) == mermaid(drawing(EVERYONE))


@pytest.mark.skipif(shutil.which("dot") is None, reason="there is no Graphviz on the PATH")
@pytest.mark.parametrize("text", [text for name, text in CORPUS.items() if name not in ("long", "surrogate")])
def test_graphviz_reads_the_names_as_they_are(text: str) -> None:
    made = drawing(renamed(text), every=True)

    done = subprocess.run(["dot", "-Tjson"], input=dot(made), capture_output=True, text=True, check=True)

    found = json.loads(done.stdout)
    labels = {html.unescape(each["label"]).replace("\\\\", "\\") for each in found["objects"]}
    assert labels == {inert(visible(node.text)) for node in made.nodes.values()}
    assert len(found["edges"]) == len(made.edges)
    assert done.stderr == ""
