"""Custom rules: Python modules and TOML files of a folder that the command line names, beside the built-in rules.

Code is loaded from nowhere else: a configuration file cannot name a folder. Every fault is an error of usage with its
place, said before AWS is asked.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import os
import stat
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import redirect_stdout
from pathlib import Path
from traceback import extract_tb
from types import ModuleType

from guardrift import api  # noqa: F401  (custom rules import it, and must get the same classes)
from guardrift.custom_rule_checks import check_rule
from guardrift.declarative_rules import read_rules
from rules import RULES, registry
from scanner.engine.rule import Rule
from scanner.errors import UsageError

_OURS = frozenset({"rules", "scanner", "policies", "reports", "guardrift"})
_API = "guardrift.api"
_MOST_BYTES = 1 << 20


def rule_set(folders: Iterable[Path]) -> Mapping[str, Rule]:
    """The built-in rules, and those of the folders, by id; raises ``UsageError`` for a rule that is broken.

    What their code prints goes to stderr: stdout is for data.
    """
    found = dict(RULES)
    places: dict[str, Path] = {}
    with redirect_stdout(sys.stderr):
        for folder in {os.path.realpath(folder): folder for folder in folders}.values():
            for path, rule in custom_rules(folder):
                check_rule(rule, path, found, places)
                found[rule.id] = rule
                places[rule.id] = path
    return found


def custom_rules(folder: Path) -> Iterator[tuple[Path, Rule]]:
    """The rules of a folder with the file of each, in the order of the files; names with ``_`` first are left out.

    Raises:
        UsageError: it is no folder, has no rules, or one of its files is broken.
    """
    if not folder.is_dir():
        raise UsageError(f"--rules: {folder} is not a folder", "Name the folder that holds the rule files.")
    is_empty = True
    for path in _files(folder):
        content = _content(path)
        found = read_rules(path, content) if path.suffix == ".toml" else _of_module(path, content)
        for rule in found:
            is_empty = False
            yield path, rule
    if is_empty:
        raise UsageError(f"--rules: there is no rule in {folder}", "'guardrift rules new' writes a first one.")


def written_ids(folder: Path) -> dict[str, Path]:
    """The ids that stand in the rule files of a folder, with the file of each; no code is run, and no fault is told."""
    found: dict[str, Path] = {}
    for path in _files(folder) if folder.is_dir() else ():
        ids = _ids_of_toml if path.suffix == ".toml" else _ids_of_python
        try:
            found |= dict.fromkeys(ids(_content(path).decode("utf-8-sig")), path)
        except (UsageError, ValueError, SyntaxError, RecursionError, MemoryError):
            # Every command that loads the folder says what is wrong with the file.
            continue
    return found


def _ids_of_toml(text: str) -> Iterator[str]:
    tables = tomllib.loads(text).get("rule")
    for table in tables if isinstance(tables, list) else ():
        if isinstance(table, dict) and isinstance(table.get("id"), str):
            yield table["id"]


def _ids_of_python(text: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and node.args and isinstance(first := node.args[0], ast.Constant):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called == "rule" and isinstance(first.value, str):
                yield first.value


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix in {".py", ".toml"} and path.name[0] not in "._")


def _content(path: Path) -> bytes:
    """The bytes of a file; raises ``UsageError`` for what is no file, which may never end, and for what is too long."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise UsageError(f"{path} is no regular file", "A rule file is a file, or a link to one.")
        with path.open("rb") as file:
            found = file.read(_MOST_BYTES + 1)
    except OSError as fault:
        raise UsageError(f"{path} cannot be read: {fault.strerror}", "Check the path and its permissions.") from None
    if len(found) > _MOST_BYTES:
        raise UsageError(f"{path} is larger than {_MOST_BYTES >> 20} MiB", "Divide it into several files.")
    return found


def _of_module(path: Path, source: bytes) -> list[Rule]:
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
        if isinstance(node, ast.ImportFrom) and node.level:
            raise UsageError(
                f"{path}:{node.lineno}: it imports a module beside it", "A rule module stands alone; put them into one."
            )
        if isinstance(node, ast.ImportFrom):
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
