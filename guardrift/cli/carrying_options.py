"""The options by which a plan is carried out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from guardrift.cli.output import note


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrying:
    """How a plan is carried out.

    Attributes:
        yes: ask nobody.
        folder: where the journals are.
        profile: of the management account.
        role_arn: a role in the management account.
        without_organization: leave out what only the organization puts in place.
        close: require IMDSv2 of the suspected instances.
        most: principals that may be contained in an hour.
        quiet: do not tell each step.
    """

    yes: bool = False
    folder: Path = Path("guardrift-journal")
    profile: str | None = None
    role_arn: str | None = None
    without_organization: bool = False
    close: bool = False
    most: int = 10
    quiet: bool = False

    def progress(self, said: str) -> None:
        """Tell a step."""
        if not self.quiet:
            note(f"  {said}")
