"""In which file of a baseline, and under which entry, the resource of a finding is."""

from __future__ import annotations

from scanner.baseline.accepted import AcceptedFinding
from scanner.baseline.state import State
from scanner.findings import Finding

FINDINGS, ACCOUNT = "findings.json", "account.json"


class Places:
    """Finds the entries of findings: the accepted finding itself, else the resource, else the file of the account."""

    def __init__(self, state: State, accepted: tuple[AcceptedFinding, ...]) -> None:
        self._accepted = {each.fingerprint for each in accepted}
        self._by_arn: dict[tuple[str, str | None], tuple[str, str]] = {}
        for family, entries in state.entries.items():
            for entry in entries:
                # What has no ARN is told by the name of its entry.
                self._by_arn.setdefault((entry.entry, None), (f"{family}.json", entry.entry))
                arn = getattr(entry, "arn", None)
                if isinstance(arn, str):
                    where = (f"{family}.json", entry.entry)
                    self._by_arn.setdefault((arn, getattr(entry, "region", None)), where)
                    self._by_arn.setdefault((arn, None), where)

    def of(self, finding: Finding) -> tuple[str, str]:
        """The file and the name of the entry, which is empty where the first line stands for the account."""
        if finding.fingerprint in self._accepted:
            return FINDINGS, finding.fingerprint
        # The account's own ARN is that of its root user.
        if finding.resource.type.startswith("AWS::Account"):
            return ACCOUNT, ""
        # A part of a resource, such as a key of a user, is told by a mark after its ARN.
        arn, region = finding.resource.arn, finding.resource.region
        whole = arn.partition("#")[0]
        keys = ((arn, region), (whole, region), (arn, None), (whole, None))
        return next((self._by_arn[key] for key in keys if key in self._by_arn), (ACCOUNT, ""))
