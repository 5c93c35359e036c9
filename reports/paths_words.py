"""Escalation paths in words: short names, and what each step is in a clause."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from reports.verdict import moment
from reports.visible import visible
from scanner.iam.artefacts import Artefact
from scanner.iam.escalation.step import Step
from scanner.iam.escalation.survey import kind_of
from scanner.iam.escalation.told import Chain, Survey
from scanner.iam.methods import Method, escalation_catalogue

COLUMNS = 100

CONFIDENCE = {"high": "High confidence", "medium": "Medium confidence", "low": "Low confidence"}
"""How the confidence of a path is headed."""

ASSUMED = "Organization and session policies were not looked at; they can only take away."
"""What holds for all paths."""


class Names:
    """Short names such as ``user/ann``, where no two ARNs of a survey would share one."""

    def __init__(self, survey: Survey) -> None:
        self._account = survey.account_id
        holders: dict[str, set[str]] = {}
        for arn in mentioned(survey):
            holders.setdefault(self._short(arn), set()).add(arn)
        self._shared = {name for name, arns in holders.items() if len(arns) > 1}

    def of(self, arn: str) -> str:
        """The short name of something of the account, else the ARN, in one line of visible characters."""
        short = self._short(arn)
        return visible(arn if short in self._shared else short)

    def _short(self, arn: str) -> str:
        parts = arn.split(":", 5)
        if len(parts) < 6 or parts[2] != "iam" or parts[4] != self._account:
            return arn
        name = parts[5].rpartition("/")[2]
        return f"{kind_of(arn)}/{name}" if name else arn


def mentioned(survey: Survey) -> Iterable[str]:
    """Every ARN of a survey, in no order."""
    found = {*survey.administrators, *((survey.to.arn,) if survey.to else ())}
    for each in survey.principals:
        found.add(each.arn)
        found |= {arn for path in each.paths for step in path.steps for arn in (step.source, step.target)}
        if each.blast_radius is not None:
            found |= {reached.arn for reached in each.blast_radius.principals} | set(each.blast_radius.changes)
    return found


def clauses(path: Chain, names: Names, survey: Survey) -> Iterator[str]:
    """The steps of a path, each as what its holder can do, such as "can become role/deploy (...)"."""
    for place, step in enumerate(path.steps):
        ends = place == len(path.steps) - 1 and survey.to is None
        means = f"{', '.join(step.actions)}: {step.title}"
        yield visible(", ".join((f"can {_verb(step, names, survey, ends=ends)} ({means})", *provisos(step))))


def provisos(step: Step) -> Iterator[str]:
    """What a step hangs on: conditions of policies, and what IAM data does not show."""
    if step.conditions:
        yield f"only if {' and '.join(step.conditions)}"
    if step.needs:
        yield f"needs: {step.needs}"


def target(step: Step, names: Names) -> str:
    """What a step ends at; ``itself`` where that is who takes it."""
    return "itself" if step.target == step.source else names.of(step.target)


def acts_on_itself(step: Step) -> bool:
    """Whether the principal is itself after the step, with more rights."""
    method = methods().get(step.method)
    if step.target == step.source or kind_of(step.target) not in ("user", "role"):
        return True
    return method is not None and method.gain == "lift"


@cache
def methods() -> dict[str, Method]:
    """The escalation catalogue by id."""
    return {method.id: method for method in escalation_catalogue().methods}


def _verb(step: Step, names: Names, survey: Survey, *, ends: bool) -> str:
    """What one does in a step; ``ends`` says that it leads to administrator rights."""
    name = names.of(step.target)
    method = methods().get(step.method)
    if method is not None and method.target.kind in ("new-user", "new-role"):
        return f"make {name} and become it"
    if not acts_on_itself(step):
        if ends and step.target in survey.administrators:
            return f"become {name}, an administrator"
        is_changed = ends and method is not None and method.gain == "both"
        return f"make {name} an administrator and become it" if is_changed else f"become {name}"
    if method is not None and any(act.on == "target-group" for way in method.ways for act in way):
        return f"join {name}"
    through = "" if step.target == step.source else f" through {name}"
    is_lifted = method is not None and method.gain == "lift" and not ends
    return f"get rid of a limit{through}" if is_lifted else f"make itself an administrator{through}"


def state(artefact: Artefact, survey: Survey) -> str:
    """A policy of an incident, with its age at the time when the account was read."""
    text = f"{artefact.kind}: {artefact.source}"
    if artefact.since is None:
        return visible(f"{text} (since when, the policy does not say)")
    seconds = (survey.taken_at - artefact.since).total_seconds()
    return visible(f"{text}, of sessions from before {moment(artefact.since)} ({_age(seconds)})")


def _age(seconds: float) -> str:
    when = "before the account was read" if seconds >= 0 else "after the account was read"
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        number = int(abs(seconds) // length)
        if number:
            return f"{number:,} {unit}{'' if number == 1 else 's'} {when}"
    return f"less than a minute {when}"


def listed(texts: Sequence[str], most: int | None) -> str:
    """The first of some texts, and how many there are beyond."""
    if most is None or len(texts) <= most:
        return ", ".join(texts)
    return f"{', '.join(texts[:most])} and {len(texts) - most:,} more"


def wrapped(text: str, indent: str, *, hanging: int = 2, width: int = COLUMNS) -> list[str]:
    """The text in lines; names are never broken."""
    return textwrap.wrap(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent + " " * hanging,
        break_on_hyphens=False,
        break_long_words=False,
    )
