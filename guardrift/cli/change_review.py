"""What a change under review brings along itself, read from the working tree and compared with what is trusted."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from guardrift.cli.committed import Commit
from guardrift.cli.config_file import load
from guardrift.cli.output import note
from guardrift.cli.reviewed import OnDisk, rule_files_in, rule_files_on_disk
from guardrift.cli.scanning import Given, checked
from guardrift.cli.weighing import GateRequest, Weigher
from guardrift.proposal import of_acceptances, of_configuration, of_files, of_state, proposals
from reports.lines import why_accepted
from scanner.baseline import Baseline
from scanner.drift.comparing import compare
from scanner.drift.sides import sides
from scanner.errors import UsageError
from scanner.gate import Gate, Proposed, with_change


def reviewed_change(
    request: GateRequest,
    commit: Commit,
    verdict: Gate,
    weigher: Weigher,
    given: Given,
    trusted: Baseline,
    *,
    brings_facts: bool,
) -> Gate:
    """The verdict with what the change brings along, and with what would come of it after the merge.

    Rules of one's own that the change brings are told and never run.

    Raises:
        UsageError: the change leaves its configuration or its baseline out of order.
    """
    configuration, place = load(request.scan.config, disabled=request.scan.no_config)
    shelf = OnDisk(request.folder)
    brought = shelf.read(weigher.account.account_id)
    where = shelf.place(weigher.account.account_id)
    both = sides(("trusted", trusted), (where, brought), weigher.now, weigher.account)
    said = proposals(
        of_configuration(given.configuration, configuration),
        of_acceptances(trusted, brought),
        of_state(compare(*both, consequences=False)),
        _of_rules(request, commit),
        [Proposed("facts", f"another snapshot than {request.facts_from}; the trusted one is weighed")]
        if brings_facts
        else [],
    )
    if configuration == given.configuration and brought == trusted:
        return with_change(verdict, said, None, {})
    try:
        theirs = checked(Given(configuration, place, given.rules), request.scan, weigher.now)
        after = weigher.weigh(theirs, brought, where, quiet=True)
    except UsageError as fault:
        # Its settings may be of rules that only the change brings along.
        note(f"what the change brings cannot be weighed: {fault}")
        return with_change(verdict, said, None, {})
    letting = {each.fingerprint: why_accepted(each) for each in after.report.findings if each.is_accepted}
    return with_change(verdict, said, after.verdict, letting)


def _of_facts(request: GateRequest, brings_facts: bool) -> Iterator[Proposed]:
    if brings_facts:
        yield Proposed("facts", f"another snapshot than {request.facts_from}, which is weighed")


def _of_rules(request: GateRequest, commit: Commit) -> Iterator[Proposed]:
    for folder in request.scan.rule_folders:
        if commit.inside(folder) is not None:
            for each in of_files(rule_files_in(commit, folder), rule_files_on_disk(folder)):
                yield msgspec.structs.replace(each, text=f"{folder}/{each.text}")
