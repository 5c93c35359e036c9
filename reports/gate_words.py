"""What the verdict of a gate says in words, the same in every format."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from reports.verdict import counted, moment
from scanner.baseline import AcceptedFinding
from scanner.findings import SEVERITIES, at_or_above
from scanner.gate import Gate, GatedFinding, Proposed, Why

WORDS: dict[Why, str] = {
    "new": "new",
    "worse": "worse",
    "expired": "expired",
    "new_rule": "of a rule that the baseline does not know",
}
PROPOSED = {
    "acceptance": "accepts",
    "suppression": "suppresses",
    "threshold": "sets",
    "rules": "rules",
    "state": "takes into the baseline",
    "facts": "brings",
}
_VERDICTS = {"passed": "PASSED", "failed": "FAILED", "incomplete": "INCOMPLETE"}
_MOST_NAMED = 20


def headline(found: Gate) -> str:
    """The verdict in a sentence, such as "FAILED: 1 new finding and 2 changes that widen, at or above high."."""
    return f"{_VERDICTS[found.verdict]}: {_why(found)}"


def _why(found: Gate) -> str:
    if found.verdict == "failed":
        counts = Counter(each.why for each in found.findings if each.blocks)
        parts = [counted(counts[why], f"{words} finding") for why, words in _ADJECTIVES.items() if counts[why]]
        drift = sum(each.blocks for each in found.drift)
        if drift:
            parts.append(counted(drift, "change that widens", "changes that widen"))
        more = "; and the scan is incomplete" if _is_incomplete(found) else ""
        return f"{_joined(parts)}, at or above {found.fail_on}{more}."
    if found.verdict == "incomplete":
        return "what could not be read or compared may hide what is new. Nothing that was read blocks."
    if found.fail_on is None:
        return "nothing blocks, because --fail-on is none."
    rest = f"; {_below(found)} told below." if found.findings or found.drift else "."
    return f"nothing new, worse or expired and no drift that widens, at or above {found.fail_on}{rest}"


_ADJECTIVES: dict[Why, str] = {"new": "new", "worse": "worse", "expired": "expired", "new_rule": "new-rule"}


def _below(found: Gate) -> str:
    parts = []
    if found.findings:
        parts.append(counted(len(found.findings), "finding"))
    if found.drift:
        parts.append(counted(len(found.drift), "change that widens", "changes that widen"))
    return _joined(parts)


def _is_incomplete(found: Gate) -> bool:
    return bool(found.missing or found.not_comparable)


def facts(found: Gate) -> str:
    """What the account was read from, and when, such as "Facts of 2026-11-20 12:00:00 UTC, live"."""
    taken = found.facts.taken_at
    when = f" of {moment(datetime.fromisoformat(taken))}" if taken else ""
    trusted = f"; trusted commit {found.commit[:12]}" if found.commit else ""
    return f"Facts{when}, {'live' if found.facts.source == 'live' else f'from {found.facts.source}'}{trusted}"


def after_change(found: Gate) -> str:
    """What would come of the merge; empty where nothing differs."""
    if found.after_change is None:
        return ""
    ends = {0: "pass", 1: "fail", 3: "be incomplete"}[found.after_change]
    return f"None of it counts here. With all of it merged, the gate would {ends}."


def proposed(each: Proposed) -> str:
    """One thing that the change brings along."""
    return f"{PROPOSED[each.kind]} {each.text}"


def standing(found: Gate) -> str:
    """What stands and what else happened, in a sentence."""
    counts = found.counts
    parts = [
        f"{counts.get('accepted', 0):,} accepted in the baseline",
        f"{counts.get('suppressed', 0):,} suppressed by the configuration",
        counted(counts.get("narrows", 0), "change that narrows", "changes that narrow"),
        f"{counts.get('neutral', 0):,} that {'does' if counts.get('neutral', 0) == 1 else 'do'} neither",
    ]
    return f"{', '.join(parts)}."


def expiring(each: AcceptedFinding) -> str:
    """An acceptance that will be over soon."""
    return f"until {each.expires} ({each.owner}): {each.severity} {each.rule} {each.resource}"


def remedies(found: Gate) -> Iterator[tuple[str, str]]:
    """What to do, and the command for it, which is quoted for a shell."""
    blocking = [each for each in found.findings if each.blocks]
    if blocking:
        names = " ".join(dict.fromkeys(each.fingerprint[:16] for each in blocking[:_MOST_NAMED]))
        more = f" (and {len(blocking) - _MOST_NAMED:,} more; --all takes everything)" if _is_long(blocking) else ""
        along = ". Something graver widens there, which only --with-drift takes in" if _is_graver(found) else ""
        yield (
            f"Mend the findings; or let them stand for a time, with their resources as they are now{more}{along}",
            f'guardrift baseline accept {names}{_dir(found)} --reason "..." --owner "..." --expires YYYY-MM-DD',
        )
    here = {each.resource.arn for each in blocking}
    elsewhere = [each for each in found.drift if each.blocks and each.change.resource.arn not in here]
    if elsewhere:
        yield (
            "Undo the drift; or take it into the baseline, where it is reviewed",
            f"guardrift baseline update{_dir(found)}",
        )
    elif found.not_comparable:
        yield (
            "Let the scanner read what is missing; what only the baseline lacks is taken into it by",
            f"guardrift baseline update{_dir(found)}",
        )
    elif found.fixed:
        yield "Take what is fixed out of the baseline", f"guardrift baseline update{_dir(found)}"


def _is_graver(found: Gate) -> bool:
    """Whether drift of the resource of a blocking finding is grave, and graver than the findings of that."""
    gravest: dict[str, int] = {}
    for each in found.findings:
        if each.blocks:
            arn = each.resource.arn.partition("#")[0]
            gravest[arn] = min(SEVERITIES.index(each.severity), gravest.get(arn, len(SEVERITIES)))
    return any(
        at_or_above(each.change.severity, "high") and SEVERITIES.index(each.change.severity) < gravest[arn]
        for each in found.drift
        if (arn := each.change.resource.arn) in gravest
    )


def _is_long(findings: Sequence[GatedFinding]) -> bool:
    return len(findings) > _MOST_NAMED


def _dir(found: Gate) -> str:
    """The option for the folder, unless it is the default."""
    folder = found.baseline.rpartition(":")[2].removesuffix(f"/{found.account_id}")
    return "" if folder == "guardrift-baseline" else f" --dir {shlex.quote(folder)}"


def _joined(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
