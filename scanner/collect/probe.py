"""One question that tells whether an API action may be called, and the names that it needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from string import Formatter
from typing import Any

Answer = Mapping[str, Any]
Names = Mapping[str, str]
Learn = Callable[[Answer, Names], "str | None"]
"""Takes a name out of an answer, for probes to come; the names that are known tell whose it must be."""

NO_ONE = "guardrift-preflight"
"""What nothing is called."""
ZEROS = "0" * 32
ZERO_UUID = "00000000-0000-0000-0000-000000000000"

MADE_UP: dict[str, str] = {
    "user": NO_ONE,
    "access_key": "AKIA0000000000000000",
    "oidc_provider": "arn:{partition}:iam::{account}:oidc-provider/guardrift-preflight.invalid",
    "root": "r-0000",
    "trail": f"arn:{{partition}}:cloudtrail:{{region}}:{{account}}:trail/{NO_ONE}",
    "event_data_store": f"arn:{{partition}}:cloudtrail:{{region}}:{{account}}:eventdatastore/{ZERO_UUID}",
    "detector": ZEROS,
    "rule": NO_ONE,
    "topic": f"arn:{{partition}}:sns:{{region}}:{{account}}:{NO_ONE}",
    "subscription": f"arn:{{partition}}:sns:{{region}}:{{account}}:{NO_ONE}:{ZERO_UUID}",
    "key": f"arn:{{partition}}:kms:{{region}}:{{account}}:key/{ZERO_UUID}",
    "database": NO_ONE,
    "target_group": (
        f"arn:{{partition}}:elasticloadbalancing:{{region}}:{{account}}:targetgroup/{NO_ONE}/0000000000000000"
    ),
}
"""What is asked about where no real name is known. A bucket is not among them: S3 says to everybody which exist."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One question.

    Attributes:
        parameters: of the call; texts have placeholders such as ``{account}`` and ``{detector}``.
        proves: error codes that AWS answers with only where the caller may ask.
        tells_nothing: error codes that AWS answers with, about what does not exist, to everybody.
        gives: the names that the answer tells.
    """

    parameters: Mapping[str, object] = field(default_factory=dict)
    proves: frozenset[str] = frozenset()
    tells_nothing: frozenset[str] = frozenset()
    gives: Mapping[str, Learn] = field(default_factory=dict)

    @property
    def needs(self) -> frozenset[str]:
        """The placeholders in the parameters."""
        return frozenset(_placeholders(self.parameters))

    def question(self, names: Names) -> tuple[dict[str, Any], bool]:
        """The parameters of the call, and whether one of the names in them is made up.

        Args:
            names: ``account``, ``partition`` and ``region``, and what other probes have learnt.

        Raises:
            KeyError: a name is needed for which none can be made up.
        """
        missing = self.needs - names.keys()
        known = {**names, **{name: MADE_UP[name].format_map(names) for name in missing}}
        return {name: _filled(value, known) for name, value in self.parameters.items()}, bool(missing)


def _filled(value: object, names: Names) -> Any:
    if isinstance(value, str):
        return value.format_map(names)
    if isinstance(value, list):
        return [_filled(item, names) for item in value]
    return value


def _placeholders(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield from (name for _, name, _, _ in Formatter().parse(value) if name)
    elif isinstance(value, Mapping | list):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _placeholders(item)


def waves(probes: Mapping[str, Probe]) -> Iterator[tuple[str, ...]]:
    """The actions in the order in which they are probed: those of a wave need no names but those of earlier ones."""
    rest = dict(probes)
    while rest:
        to_come = {name for probe in rest.values() for name in probe.gives}
        ready = tuple(sorted(api for api, probe in rest.items() if not probe.needs & to_come))
        yield ready
        rest = {api: probe for api, probe in rest.items() if api not in ready}
