"""What a change under review would have the gate see less of: by its configuration, and by its baseline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from guardrift.configuration import Configuration
from scanner.baseline import AcceptedFinding, Baseline, by_fingerprint
from scanner.drift.told import Diff
from scanner.findings import SEVERITIES
from scanner.gate import Proposed
from scanner.suppression import Suppression

_ABSENT = object()


def of_configuration(trusted: Configuration, proposed: Configuration) -> Iterator[Proposed]:
    """Suppressions that are added or last longer, and every other setting that is not as it was.

    A setting can loosen in more ways than can be told from its value, so that each is told.
    """
    before = {_key(each): each for each in trusted.suppress}
    for each in proposed.suppress:
        old = before.get(_key(each))
        terms = f"until {each.expires} ({each.owner}: {each.reason})"
        if old is None:
            yield Proposed("suppression", f"{_named(each)} {terms}")
        elif each.expires > old.expires:
            yield Proposed("suppression", f"{_named(each)} {terms}, before until {old.expires}")
    one, other = (dict(_leaves(_settings(each))) for each in (trusted, proposed))
    for name in sorted(one.keys() | other.keys()):
        if one.get(name, _ABSENT) != other.get(name, _ABSENT):
            yield Proposed("threshold", f"{name}: {_told(one.get(name, _ABSENT))} -> {_told(other.get(name, _ABSENT))}")


def of_acceptances(trusted: Baseline, proposed: Baseline) -> Iterator[Proposed]:
    """Findings that the change accepts, for longer, or with more facts than before; and rules it takes away."""
    before = by_fingerprint(trusted.accepted)
    for each in proposed.accepted:
        old = before.get(each.fingerprint)
        terms = f"until {each.expires} ({each.owner}: {each.reason})"
        what = f"{each.severity} {each.rule} {each.resource}{f' in {each.region}' if each.region else ''}"
        if old is None:
            yield Proposed("acceptance", f"{what} {terms} [{each.fingerprint[:16]}]", each.fingerprint)
            continue
        more = list(_more(old, each))
        if more:
            said = "; ".join(more)
            yield Proposed("acceptance", f"{what} {terms}: {said} [{each.fingerprint[:16]}]", each.fingerprint)
    forgotten = sorted(set(trusted.versions.rules) - set(proposed.versions.rules))
    if forgotten:
        yield Proposed("rules", f"the baseline forgets rules, whose findings would not fail: {', '.join(forgotten)}")


def of_state(diff: Diff) -> Iterator[Proposed]:
    """What the change takes into the reviewed state, as far as it widens access or is no longer known.

    Args:
        diff: from the trusted baseline to that of the change.
    """
    for change in diff.changes:
        if change.direction == "widens" or change.kind == "not_comparable":
            where = f" in {change.resource.region}" if change.resource.region else ""
            said = "not known any more" if change.kind == "not_comparable" else change.severity
            yield Proposed("state", f"{change.resource.type} {change.resource.arn}{where}: {change.what} ({said})")


def of_files(trusted: Mapping[str, bytes], proposed: Mapping[str, bytes]) -> Iterator[Proposed]:
    """The files of rules of one's own that are not as they were; by their paths."""
    for name in sorted(trusted.keys() | proposed.keys()):
        if trusted.get(name) != proposed.get(name):
            how = "added" if name not in trusted else "removed" if name not in proposed else "changed"
            yield Proposed("rules", f"{name}: {how}; the gate asks the rules of the trusted commit")


def _key(each: Suppression) -> tuple[object, ...]:
    return each.rule, each.resource, each.account, each.region


def _named(each: Suppression) -> str:
    where = "" if each.region is msgspec.UNSET else f" in {each.region}"
    return f"{each.rule} {each.resource} of {each.account}{where}"


def _more(old: AcceptedFinding, new: AcceptedFinding) -> Iterator[str]:
    if new.expires > old.expires:
        yield f"before until {old.expires}"
    if SEVERITIES.index(new.severity) < SEVERITIES.index(old.severity):
        yield f"before {old.severity}"
    if new.status != old.status:
        yield f"before accepted as {old.status}"
    added = sorted(set(new.material) - set(old.material))
    if added:
        yield f"also {', '.join(added)}"


def _settings(configuration: Configuration) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(msgspec.structs.replace(configuration, suppress=()))
    return found


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every setting by its path; a list is one, in whatever order it is, unless it holds tables."""
    if isinstance(value, dict) and value:
        for name, item in value.items():
            yield from _leaves(item, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list | tuple) and any(isinstance(item, dict) for item in value):
        for number, item in enumerate(value):
            yield from _leaves(item, f"{path}[{number}]")
    elif isinstance(value, list | tuple):
        yield path, sorted(map(str, value))
    else:
        yield path, value


def _told(value: object) -> str:
    if value is _ABSENT or value in (None, [], {}):
        return "not set"
    if isinstance(value, list):
        return ", ".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def proposals(*parts: Iterable[Proposed]) -> tuple[Proposed, ...]:
    """What is proposed, in the order of its kinds and each once."""
    return tuple(sorted({each for part in parts for each in part}))
