"""Commands that belong together: one cutoff for all, each tried even after another failed, a failure told at the end.

They are for bash, zsh, ksh, mksh, dash and every other shell of POSIX, with GNU's or BSD's ``date``; where they are
pasted, nothing of them stays in the shell.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from policies.cutoff import SHELL_ASSIGNMENT
from policies.planning.functions import FUNCTIONS, Function
from scanner.shell import quote


class Each(NamedTuple):
    """One command, in which the name of a principal may stand, so that the same for several becomes a loop.

    Attributes:
        before: what comes before the name; the whole command where there is none.
        name: as plain text.
        after: what comes after it.
        uses: the functions that are called.
    """

    before: str
    name: str | None = None
    after: str = ""
    uses: tuple[Function, ...] = ()

    @property
    def command(self) -> str:
        """The command for itself."""
        return self.before if self.name is None else f"{self.before}{quote(self.name)}{self.after}"


_quoted = lru_cache(maxsize=4096)(quote)


def together(each: Sequence[Each], cutoff: str | None = None) -> tuple[str, ...]:
    """The commands as one, in a subshell; a single command that needs nothing stays as it is.

    Args:
        each: the commands, in their order.
        cutoff: a time; without one it is computed when they are run, and nothing is sent where that fails.
    """
    if len(each) <= 1 and not any(one.uses for one in each):
        return tuple(one.command for one in each)
    used = {function for one in each for function in one.uses}
    # The AWS CLI would wait in a pager with what it prints.
    tried = [f"{line} || failed=1" for line in _looped(each)]
    lines = ["export AWS_PAGER=", *_beginning(used, cutoff), "failed=0", *tried, 'exit "$failed")']
    return ("(" + "\n".join(lines),)


def for_each(found: str, call: str) -> str:
    """A command that is run for each word that another one prints, as ``$EACH``; it fails where one of them does."""
    loop = f'for EACH in $(echo "$FOUND"); do {call} || failed=1; done'
    return f'(FOUND=$({found}) || exit 1; failed=0; {loop}; exit "$failed")'


def _beginning(used: set[Function], cutoff: str | None) -> Iterable[str]:
    if used:
        # What a policy holds is split into words, and is no pattern for names of files.
        yield "set -o noglob"
        if "latest" not in used:
            yield "CUTOFF="
        elif cutoff is not None:
            yield f"CUTOFF={quote(cutoff)}"
        else:
            yield f"{SHELL_ASSIGNMENT} || exit 1"
            yield ': "${CUTOFF:?no time came from date, so nothing was sent}"'
        yield FUNCTIONS["latest"]
    yield from (FUNCTIONS[name] for name in FUNCTIONS if name in used - {"latest"})


def _looped(each: Sequence[Each]) -> Iterable[str]:
    """The commands in their order; those that differ in the name alone are one loop, where the first of them stands."""
    names: dict[tuple[str, str], list[str]] = {}
    for one in each:
        if one.name is not None:
            names.setdefault((one.before, one.after), []).append(_quoted(one.name))
    told: set[tuple[str, str]] = set()
    for one in each:
        key = (one.before, one.after)
        held = names.get(key, []) if one.name is not None else []
        if len(held) <= 1:
            yield one.command
        elif key not in told:
            told.add(key)
            called = f'{one.before}"$NAME"{one.after}'
            yield f"for NAME in {' '.join(held)}; do {called} || failed=1; done"
