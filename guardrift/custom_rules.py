"""Custom rules: Python modules and TOML files of a folder that the command line names, beside the built-in rules.

Code is loaded from nowhere else: a configuration file cannot name a folder. Every fault is an error of usage with its
place, said before AWS is asked.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import re
import sys
from collections.abc import Hashable, Iterable, Iterator, Mapping
from pathlib import Path
from traceback import extract_tb
from types import ModuleType

import msgspec

from guardrift import api  # noqa: F401  (custom rules import it, and must get the same classes)
from guardrift.declarative_rules import read_rules
from rules import RULES, registry
from scanner.actions import BY_API
from scanner.engine.documentation import Documentation
from scanner.engine.rule import NoParameters, Rule
from scanner.errors import UsageError
from scanner.findings import Control, Phase, Severity

_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")
_OURS = frozenset({"rules", "scanner", "policies", "reports", "guardrift"})
_API = "guardrift.api"


def rule_set(folders: Iterable[Path]) -> Mapping[str, Rule]:
    """The built-in rules, and those of the folders, by id; raises ``UsageError`` for a rule that is broken."""
    found = dict(RULES)
    for folder in folders:
        for path, rule in custom_rules(folder):
            _check(rule, path, found)
            found[rule.id] = rule
    return found


def custom_rules(folder: Path) -> Iterator[tuple[Path, Rule]]:
    """The rules of a folder with the file of each, in the order of the files; names with ``_`` first are left out.

    Raises:
        UsageError: it is no folder, has no rules, or one of its files is broken.
    """
    if not folder.is_dir():
        raise UsageError(f"--rules: {folder} is not a folder", "Name the folder that holds the rule files.")
    files = sorted(path for path in folder.iterdir() if path.suffix in {".py", ".toml"} and path.name[0] not in "._")
    is_empty = True
    for path in files:
        found = read_rules(path) if path.suffix == ".toml" else _of_module(path)
        for rule in found:
            is_empty = False
            yield path, rule
    if is_empty:
        raise UsageError(f"--rules: there is no rule in {folder}", "'guardrift rules new' writes a first one.")


def _of_module(path: Path) -> list[Rule]:
    source = path.read_bytes()
    _check_imports(path, source)
    module = _loaded(path, source)
    try:
        return list(registry((module,)).values())
    except ValueError as fault:
        raise UsageError(f"{path}: {fault}", "Every rule needs an id of its own.") from None


def _check_imports(path: Path, source: bytes) -> None:
    """Refuse what later versions may move: custom rules know ``guardrift.api`` only."""
    try:
        tree = ast.parse(source, str(path))
    except (RecursionError, MemoryError):
        raise UsageError(f"{path}:1: it is nested too deeply for Python", "Write it in more steps.") from None
    except (SyntaxError, ValueError) as fault:
        line = getattr(fault, "lineno", None) or 1
        raise UsageError(f"{path}:{line}: {getattr(fault, 'msg', fault)}", "Mend the line that is named.") from None
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module or ""]
            if node.module == "guardrift":
                names = [f"guardrift.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            if name.partition(".")[0] in _OURS and name != _API:
                raise UsageError(f"{path}:{node.lineno}: it imports {name}", f"Import from {_API} only.")


def _loaded(path: Path, source: bytes) -> ModuleType:
    name = f"guardrift_custom_{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]}.{path.stem}"
    spec = importlib.util.spec_from_loader(name, loader=None, origin=str(path))
    if spec is None:
        raise UsageError(f"{path} cannot be loaded", "Its name has to be that of a Python module.")
    module = importlib.util.module_from_spec(spec)
    module.__file__ = str(path)
    sys.modules[name] = module
    try:
        exec(compile(source, str(path), "exec"), module.__dict__)  # noqa: S102  (the user named the folder)
    except KeyboardInterrupt:
        raise
    except BaseException as fault:  # noqa: BLE001  (it is foreign code, and may fail in any way, sys.exit too)
        sys.modules.pop(name, None)
        place = f"{path}:{_line_of(fault, path)}"
        raise UsageError(f"{place}: {type(fault).__name__}: {fault}", "Mend the line that is named.") from None
    return module


def _line_of(fault: BaseException, path: Path) -> int:
    """The line of the file in which it happened last."""
    frames = extract_tb(fault.__traceback__)
    return next((frame.lineno or 1 for frame in reversed(frames) if frame.filename == str(path)), 1)


def _check(rule: Rule, path: Path, others: Mapping[str, Rule]) -> None:
    """Raise ``UsageError`` for what holds of every built-in rule and not of this one."""
    _check_types(rule, path)
    if not _ID.fullmatch(rule.id):
        raise UsageError(f"{path}: {rule.id!r} is not the id of a rule", "Use words in lower case with hyphens.")
    if rule.id in others:
        raise UsageError(f"{path}: there is a rule {rule.id} already", "Choose an id that begins with your own name.")
    if any(other.title == rule.title for other in others.values()):
        raise UsageError(f"{path}: rule {rule.id}: another rule has the same title", "Say what is different.")
    if not rule.apis:
        raise UsageError(f"{path}: rule {rule.id} names no API action", "Name those whose answers it reads.")
    for name in rule.apis:
        if name not in BY_API:
            raise UsageError(
                f"{path}: rule {rule.id}: no collector asks {name}", "docs/permissions.md and 'scan --stats' name them."
            )


class _Said(msgspec.Struct):
    """What a rule says of itself."""

    id: str
    severity: Severity
    phase: Phase
    family: str
    apis: tuple[str, ...]
    controls: tuple[Control, ...]
    references: tuple[str, ...]
    documentation: Documentation


def _check_types(rule: Rule, path: Path) -> None:
    """Raise ``UsageError`` for what is not of its type, which nothing but a checker asks of Python code."""
    place = f"{path}: rule {rule.id}"
    try:
        said = {name: getattr(rule, name) for name in _Said.__struct_fields__}
        msgspec.convert(msgspec.to_builtins(said), _Said)
    except (msgspec.ValidationError, TypeError, RecursionError) as fault:
        raise UsageError(f"{place}: {fault}", "docs/custom-rules.md says what a rule is made of.") from None
    check: object = rule.check
    subjects: object = rule.subjects
    parameters: object = rule.parameters
    if not callable(check) or not callable(subjects) or not isinstance(subjects, Hashable):
        raise UsageError(f"{place}: it asks nothing, or about nothing", "Its check and its subjects are functions.")
    if not (isinstance(parameters, type) and issubclass(parameters, NoParameters)):
        raise UsageError(f"{place}: its parameters are no class of parameters", "Derive it from NoParameters.")
    try:
        msgspec.convert({}, rule.parameters)
    except (msgspec.ValidationError, TypeError) as fault:
        raise UsageError(f"{place}: its parameters: {fault}", "Every parameter needs a default.") from None
