"""The normal form of policy documents: equal for documents that mean the same, whatever their spelling."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from scanner.iam.documents import Statement, understood
from scanner.iam.normal_conditions import as_element, canonical_conditions, variables_in
from scanner.iam.pattern_sets import STAR, Effort, fewest, lower, shape, variables_of, written
from scanner.iam.statement_sets import Atom, Block, Box, Principal, Scope, regrouped
from scanner.inventory import Document

_NO_PRINCIPAL: Principal = (False, ())
_ROOT = re.compile(r"arn:aws:iam::([0-9]{12}):root")


def same_meaning(one: Document, other: Document) -> bool:
    """Whether two documents mean the same, as far as their normal forms show it.

    A yes is right. A no may be wrong where the equality is deeper than ``normalise`` looks, such as two patterns that
    together are a third.

    Raises:
        Undetermined: the texts differ, and one of them is malformed or too large to compare.
    """
    return bytes(one) == bytes(other) or bytes(normalise(one)) == bytes(normalise(other))


def normalise(document: Document) -> Document:
    """A document of the same meaning as compact JSON, the same for every spelling of it.

    Left out are ``Sid``, ``Id``, order, repetition, case where IAM ignores it, and whatever a wider pattern or a
    statement of the same effect, principal and no further condition covers already. ``NotAction``, ``NotResource`` and
    ``NotPrincipal`` stay what they are. Lists are sorted, and so are statements; the version is 2012-10-17 unless the
    text has a ``${``. The normal form of a normal form is itself.

    A policy variable without a value makes its whole statement not match, so a statement that has one is covered only
    by one that has no others, and keeps it. An ``Allow`` that a ``Deny`` of the same document overrides stays.

    Raises:
        Undetermined: the document is malformed, with the place, or too large to compare (far above what IAM stores). A
            malformed document has no meaning that could be compared.
    """
    policy = understood(document, "the document")
    has_variables = policy.version != "2008-10-17"
    effort = Effort()
    boxes = [box for statement in policy.statements for box in _boxes(statement, effort, variables=has_variables)]
    statements = [element for box in regrouped(boxes, effort) for element in _elements(box, variables=has_variables)]
    encoded = sorted((element["Effect"] == "Deny", msgspec.json.encode(element)) for element in statements)
    version = policy.version if any(_mentions_variable(element) for element in statements) else "2012-10-17"
    body = {"Version": version, "Statement": [msgspec.Raw(text) for _, text in encoded]}
    return Document(msgspec.json.encode(body))


def _boxes(statement: Statement, effort: Effort, *, variables: bool) -> Iterator[Box]:
    """The statement as a box; none if it speaks of no action or no resource."""
    actions = _atoms([_action(name) for name in statement.actions], effort, negated=statement.not_actions)
    resources = frozenset[Atom]({()})
    if statement.resources or statement.not_resources:
        shapes = [shape(pattern, variables=variables) for pattern in statement.resources]
        resources = _atoms(shapes, effort, negated=statement.not_resources)
    if not actions or not resources:
        return
    conditions = canonical_conditions(statement.conditions, effort, variables=variables)
    carried = variables_in(conditions) if variables else frozenset[str]()
    needed = carried.union(*(variables_of(pattern) for atom in resources for pattern in _shapes(atom)))
    block = Block(Scope(conditions, needed, carried), actions, resources)
    yield Box(statement.allows, _principals(statement), block)


def _shapes(atom: Atom) -> tuple[str, ...]:
    return (atom,) if isinstance(atom, str) else atom


def _action(name: str) -> str:
    found = shape(lower(name), variables=False)
    return STAR if found == f"{STAR}:{STAR}" else found


def _atoms(shapes: list[str], effort: Effort, *, negated: bool) -> frozenset[Atom]:
    if not negated:
        return frozenset(shapes)
    left_out = fewest(shapes, effort, keep_variables=True)
    if not left_out:
        return frozenset({STAR})
    return frozenset() if STAR in left_out else frozenset({left_out})


def _principals(statement: Statement) -> frozenset[Principal]:
    pairs = {(kind, _account(name) if kind == "AWS" else name) for kind, name in statement.principals}
    if statement.not_principals:
        return frozenset({(True, tuple(sorted(pairs)))})
    return frozenset((False, (pair,)) for pair in pairs) or frozenset({_NO_PRINCIPAL})


def _account(name: str) -> str:
    """An account by its id, which AWS itself reads as the ARN of its root, in the partition ``aws``."""
    found = _ROOT.fullmatch(name)
    return found.group(1) if found else name


def _elements(box: Box, *, variables: bool) -> Iterator[dict[str, object]]:
    """Statements for a box: one for each way in which its principals, actions and resources are named."""
    condition = as_element(box.block.scope.conditions)
    for principals in _principal_elements(box.principals):
        for actions in _pattern_elements("Action", box.block.actions, variables=False):
            for resources in _pattern_elements("Resource", box.block.resources, variables=variables):
                element: dict[str, object] = {"Effect": "Allow" if box.allows else "Deny"}
                yield element | principals | actions | resources | ({"Condition": condition} if condition else {})


def _principal_elements(principals: Iterable[Principal]) -> Iterator[dict[str, object]]:
    named = [pair for is_complement, pairs in principals if not is_complement for pair in pairs]
    if named:
        yield {"Principal": _by_kind(named)}
    if _NO_PRINCIPAL in principals:
        yield {}
    for is_complement, pairs in principals:
        if is_complement:
            yield {"NotPrincipal": _by_kind(pairs)}


def _by_kind(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for kind, name in sorted(pairs):
        found.setdefault(kind, []).append(name)
    return found


def _pattern_elements(name: str, atoms: Iterable[Atom], *, variables: bool) -> Iterator[dict[str, object]]:
    patterns = [atom for atom in atoms if isinstance(atom, str)]
    if patterns:
        yield {name: sorted(written(pattern, variables=variables) for pattern in patterns)}
    for atom in atoms:
        if isinstance(atom, tuple):
            yield {f"Not{name}": sorted(written(pattern, variables=variables) for pattern in atom)} if atom else {}


def _mentions_variable(element: dict[str, object]) -> bool:
    texts = (element.get(name) for name in ("Resource", "NotResource", "Condition"))
    return any(b"${" in msgspec.json.encode(text) for text in texts if text)
