"""What a rule is: a pure function of one subject, with its facts and its documentation beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

import msgspec

from scanner.engine.declared import Declared
from scanner.engine.documentation import Documentation, read_documentation
from scanner.engine.subjects import Subject, Unread
from scanner.findings import Confidence, Control, Phase, Severity
from scanner.inventory import Account

T = TypeVar("T")
P = TypeVar("P", bound="NoParameters")

_A_CENTURY_OF_DAYS = 36_500

NotNegative = Annotated[int, msgspec.Meta(ge=0, le=_A_CENTURY_OF_DAYS)]
"""For parameters that count something, such as days; no more than what can be taken from any date."""

AtLeastOne = Annotated[int, msgspec.Meta(ge=1, le=_A_CENTURY_OF_DAYS)]
"""For parameters of which there is no none."""

ServicePrincipal = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9.-]+\.amazonaws\.com$")]
"""How AWS names a service, such as ``guardduty.amazonaws.com``."""


class NoParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename=None):
    """The parameters of a rule that has none; rules with parameters derive from it."""


@dataclass(frozen=True, slots=True)
class Scene(Generic[P]):
    """What a rule may look at besides its subject.

    Attributes:
        account: all that was collected.
        at: the time of judgement.
        parameters: how the rule is set.
        declared: what the owner of the account says of it.
    """

    account: Account
    at: datetime
    parameters: P
    declared: Declared = field(default_factory=Declared)


class _Saying(msgspec.Struct, frozen=True):
    message: str


class Hit(_Saying, frozen=True, kw_only=True):
    """A subject fails.

    Attributes:
        message: what was seen, for people.
        material: the facts that make it bad, without ages, counts or dates; more of them means "worse".
        details: further evidence.
        severity: where it differs from the rule's, because reach decides.
        commands: shell commands that mend it, quoted by ``scanner.shell``.
        undo: shell commands that take the mending back.
    """

    material: tuple[str, ...]
    details: dict[str, object] | None = None
    severity: Severity | None = None
    confidence: Confidence = "high"
    commands: tuple[str, ...] = ()
    undo: tuple[str, ...] = ()


class Met(msgspec.Struct, frozen=True):
    """A subject passes, and it is worth saying by what; most passes are silent, which is None.

    Attributes:
        by: what meets the demand, each as a few words.
    """

    by: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A check with all that is said about it; made by the decorator ``rule``."""

    id: str
    severity: Severity
    phase: Phase
    family: str
    subjects: Callable[[Account], Iterator[Subject[Any] | Unread]]
    check: Callable[[Any, Scene[Any]], Hit | Met | None]
    apis: tuple[str, ...]
    controls: tuple[Control, ...]
    references: tuple[str, ...]
    parameters: type[NoParameters]
    documentation: Documentation
    where_watched: bool = False

    @property
    def title(self) -> str:
        """The first line of the documentation, without its full stop."""
        return self.documentation.title


def rule(
    rule_id: str,
    *,
    severity: Severity,
    phase: Phase,
    subjects: Callable[[Account], Iterator[Subject[T] | Unread]],
    apis: tuple[str, ...],
    controls: tuple[Control, ...] = (),
    references: tuple[str, ...] = (),
    parameters: type[P] = NoParameters,  # type: ignore[assignment]  # mypy has no default for a type variable
    where_watched: bool = False,
) -> Callable[[Callable[[T, Scene[P]], Hit | Met | None]], Rule]:
    """Make a function a rule.

    Args:
        rule_id: kebab-case name, never reused.
        severity: unless a hit says otherwise.
        phase: the phase of an incident for which it makes ready.
        subjects: yields what the rule is asked about, and what could not be read.
        apis: the API actions without which the rule cannot decide.
        controls: compliance controls that ask the same.
        references: https addresses of the documentation behind the rule.
        parameters: a ``NoParameters`` subclass whose fields have defaults.
        where_watched: whether regions in which the owner runs no detection services are left out, so that they count
            as neither passed nor failed.

    Raises:
        ValueError: the docstring lacks a section.
    """

    def make(check: Callable[[T, Scene[P]], Hit | Met | None]) -> Rule:
        return Rule(
            id=rule_id,
            severity=severity,
            phase=phase,
            family=_family(check.__module__),
            subjects=subjects,
            check=check,
            apis=apis,
            controls=tuple(sorted(controls)),
            references=references,
            parameters=parameters,
            documentation=read_documentation(rule_id, check.__doc__ or ""),
            where_watched=where_watched,
        )

    return make


def _family(module: str) -> str:
    """The family of a rule: the package below ``rules`` in which it stands, else the module itself."""
    parts = module.split(".")
    return (parts[1] if parts[0] == "rules" and len(parts) > 2 else parts[-1]).replace("_", "-")
