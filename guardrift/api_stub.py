"""The types of ``guardrift.api`` for checkers outside this repository, made from the code so that they cannot differ.

The packages behind the API are not on a checker's path, since their names are kept out of site-packages; the stub
therefore holds every public type itself.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Iterable, Iterator
from types import FunctionType

import msgspec

from guardrift import api
from scanner import findings
from scanner.engine.documentation import Documentation
from scanner.iam import decision, formula
from scanner.inventory.fact import Fact
from scanner.inventory.gap import Outcome

_HEAD = '''"""Generated from guardrift.api; do not edit."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Generic, Literal, NoReturn, TypeAlias, TypeVar

import msgspec

T = TypeVar("T")
P = TypeVar("P", bound="NoParameters")
Instant: TypeAlias = datetime
AccountId: TypeAlias = str
OrganizationId: TypeAlias = str
RegionName: TypeAlias = str
BucketName: TypeAlias = str
Document: TypeAlias = msgspec.Raw
'''

_ALIASES = {"Document", "Instant"}
_LITERALS = {
    "Outcome": Outcome,
    "Severity": findings.Severity,
    "Confidence": findings.Confidence,
    "Phase": findings.Phase,
    "Verdict": formula.Verdict,
    "Layer": decision.Layer,
    "Effect": decision.Effect,
    "LayerResult": decision.LayerResult,
}
_BASES = (Fact, Documentation)


def stub() -> str:
    """The text of ``api.pyi``."""
    parts = [_HEAD.rstrip("\n")]
    parts += [
        f"{name}: TypeAlias = Literal[{', '.join(map(repr, typing.get_args(literal)))}]"
        for name, literal in _LITERALS.items()
    ]
    public = [(name, getattr(api, name)) for name in sorted(api.__all__)]
    classes = {held for _, held in public if isinstance(held, type)}
    parts += [_class(kind) for kind in _in_order((*_BASES, *sorted(classes, key=lambda kind: kind.__name__)))]
    parts += [_function(held) for _, held in public if isinstance(held, FunctionType)]
    others = {name: held for name, held in public if not isinstance(held, FunctionType | type)}
    parts += [_other(name, others[name]) for name in sorted(others.keys() - _ALIASES - _LITERALS.keys())]
    listed = "".join(f"    {name!r},\n" for name in sorted(api.__all__)).replace("'", '"')
    return "\n\n".join((*parts, f"__all__ = [\n{listed}]")) + "\n"


def _other(name: str, held: object) -> str:
    if typing.get_origin(held) is not typing.Annotated:
        return f"{name}: Any"
    kind, *limits = typing.get_args(held)
    return f"{name}: TypeAlias = Annotated[{', '.join((kind.__name__, *map(repr, limits)))}]"


def _in_order(kinds: Iterable[type]) -> Iterator[type]:
    """Each class once, after those it is made from."""
    done: set[type] = set()

    def visit(kind: type) -> Iterator[type]:
        if kind in done or kind in {object, Exception, msgspec.Struct} or kind.__module__ in {"typing", "builtins"}:
            return
        done.add(kind)
        for base in kind.__bases__:
            yield from visit(base)
        yield kind

    for kind in kinds:
        yield from visit(kind)


def _class(kind: type) -> str:
    lines = [f"class {kind.__name__}({', '.join(_bases(kind))}):"]
    named = set(kind.__struct_fields__) if issubclass(kind, msgspec.Struct) else set()
    required = {field.name for field in msgspec.structs.fields(kind) if field.required} if named else set()
    for name, annotation in inspect.get_annotations(kind).items():
        default = " = ..." if named and name not in required else ""
        lines.append(f"    {name}: {annotation}{default}")
    for name, held in vars(kind).items():
        if isinstance(held, property) and held.fget is not None:
            returned = held.fget.__annotations__.get("return", "Any")
            lines += ["    @property", f"    def {name}(self) -> {returned}: ..."]
        elif isinstance(held, FunctionType) and not name.startswith("_") and held.__module__ == kind.__module__:
            lines.append("    " + _function(held))
    if kind is api.Undetermined:
        lines.append("    def __init__(self, reason: str) -> None: ...")
    if kind is api.NotCollected:
        lines.append("    def __init__(self, gap: Gap) -> None: ...")
    return "\n".join(lines if len(lines) > 1 else [lines[0] + " ..."])


def _bases(kind: type) -> Iterator[str]:
    for base in typing.cast("tuple[object, ...]", getattr(kind, "__orig_bases__", kind.__bases__)):
        if base is object:
            continue
        arguments = typing.get_args(base)
        origin = typing.get_origin(base) or base
        name = "msgspec.Struct" if origin is msgspec.Struct else getattr(origin, "__name__", str(origin))
        yield name + (f"[{', '.join(argument.__name__ for argument in arguments)}]" if arguments else "")
    if issubclass(kind, msgspec.Struct):
        yield "frozen=True"


def _function(function: FunctionType) -> str:
    signature = inspect.signature(function)
    shown: list[str] = []
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and not any(text.startswith("*") for text in shown):
            shown.append("*")
        star = "*" if parameter.kind is parameter.VAR_POSITIONAL else ""
        annotation = "" if parameter.annotation is parameter.empty else f": {parameter.annotation}"
        default = "" if parameter.default is parameter.empty else " = ..."
        shown.append(f"{star}{parameter.name}{annotation}{default}")
    return f"def {function.__name__}({', '.join(shown)}) -> {signature.return_annotation}: ..."
