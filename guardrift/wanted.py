"""Which API actions a scan may call: nothing is asked for rules that are switched off."""

from __future__ import annotations

from collections.abc import Iterable

from scanner.actions import ACTIONS, IDENTITY, LAST_ACCESSED, all_but_options, with_what_they_need
from scanner.engine.rule import Rule


def wanted_actions(
    chosen: Iterable[Rule], switched_off: Iterable[Rule], *, is_narrowed: bool, plans: bool, last_accessed: bool
) -> frozenset[str]:
    """The actions whose answers matter.

    A scan whose rules were narrowed on the command line asks for these alone. Otherwise it takes in the whole account,
    as far as it is not only for rules that the configuration switches off.

    Args:
        chosen: the rules that are asked.
        switched_off: those that the configuration switches off.
        is_narrowed: whether the command line named rules, families or a severity.
        plans: whether revocations are rendered, which need principals and keys.
        last_accessed: whether the last use of services is read, which takes a job for each principal.
    """
    extra: set[str] = set(IDENTITY) if plans else set()
    if last_accessed:
        extra |= {action.api for action in ACTIONS if action.option == LAST_ACCESSED}
    needed = with_what_they_need({api for rule in chosen for api in rule.apis} | extra)
    if is_narrowed:
        return needed
    dropped = {api for rule in switched_off for api in rule.apis} - needed
    every = all_but_options() | needed
    # What nobody needs for itself falls with what it needs.
    return frozenset(
        with_what_they_need(
            api for api in every if api in needed or not dropped.intersection(with_what_they_need([api]))
        )
    )
