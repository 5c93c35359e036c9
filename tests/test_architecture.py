"""The floors of the house: who may import whom, and where the world outside may be touched."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FLOORS = {
    "scanner": {"scanner"},
    "rules": {"rules", "scanner"},
    "policies": {"policies", "scanner"},
    "reports": {"reports", "scanner"},
    "guardrift": {"guardrift", "rules", "policies", "reports", "scanner"},
}
MODULES = sorted(path for package in FLOORS for path in (ROOT / package).rglob("*.py"))


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {name_of(path) for path in MODULES}


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                submodule = f"{node.module}.{alias.name}"
                yield submodule if submodule in NAMES else node.module


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_point_down(path: Path) -> None:
    own = name_of(path).partition(".")[0]
    tops = {module.partition(".")[0] for module in imported(path)}
    assert (tops & set(FLOORS)) <= FLOORS[own]


def test_there_are_no_circles() -> None:
    graph: defaultdict[str, set[str]] = defaultdict(set)
    for path in MODULES:
        # A package's own __init__ re-exports its parts, and is no reason for them to know it.
        graph[name_of(path)] = {module for module in imported(path) if module in NAMES} - {name_of(path)}
    done: set[str] = set()

    def visit(module: str, trail: tuple[str, ...]) -> None:
        assert module not in trail, " -> ".join((*trail, module))
        if module not in done:
            for other in sorted(graph[module]):
                visit(other, (*trail, module))
            done.add(module)

    for module in sorted(NAMES):
        visit(module, ())


@pytest.mark.parametrize(
    "path", [path for path in MODULES if name_of(path).partition(".")[0] != "guardrift"], ids=name_of
)
def test_only_collection_and_execution_know_the_sdk(path: Path) -> None:
    tops = {module.partition(".")[0] for module in imported(path)}
    if not name_of(path).startswith(("scanner.collect", "policies.execution")):
        assert tops.isdisjoint({"boto3", "botocore", "moto"})


@pytest.mark.parametrize(
    "path", [path for path in MODULES if name_of(path).partition(".")[0] != "guardrift"], ids=name_of
)
def test_below_the_program_there_is_no_clock_and_no_printing(path: Path) -> None:
    calls = {ast.unparse(node.func) for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)}
    # Who writes to AWS goes by its clock, and by ours as far as AWS does not say.
    clock = set() if name_of(path) == "policies.execution.api" else {"datetime.now", "datetime.utcnow", "time.time"}
    assert calls.isdisjoint({*clock, "print", "open", "sys.exit"})


def test_everything_is_caught_in_five_places_only() -> None:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.ExceptHandler):
                continue
            caught = "BaseException" if node.type is None else ast.unparse(node.type)
            # Who raises it again has only looked at it.
            last = node.body[-1]
            if caught in {"Exception", "BaseException"} and not (isinstance(last, ast.Raise) and last.exc is None):
                found[name_of(path)].add(caught)
    assert found == {
        # Rules are foreign code, and may even leave the program.
        "scanner.engine.judge": {"BaseException"},
        "guardrift.custom_rules": {"BaseException"},
        "guardrift.cli.run": {"BaseException"},
        "guardrift.fleet.work": {"Exception"},
        # Whoever asks for the result gets it there.
        "scanner.collect.tasks": {"BaseException"},
    }


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_has_one_idea(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 400
