"""Which findings are trusted enough to act on without asking; for everything else a person approves.

Sources: "GuardDuty IAM finding types" and "GuardDuty attack sequence finding types" in the GuardDuty User Guide, for
what each says and how grave it is; "AWS Health events" for credentials that were found in public.
"""

from __future__ import annotations

from policies.findings import FoundFinding
from policies.findings.found import SourceFormat

_LEAST_SEVERITY = 7.0
"""Where GuardDuty begins to call a finding high."""

TRUSTED: tuple[tuple[SourceFormat, str], ...] = (
    # Credentials that AWS gave to one instance are used elsewhere, which no legitimate program does.
    ("GuardDuty", "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.*"),
    ("GuardDuty", "CredentialAccess:IAMUser/CompromisedCredentials"),
    ("GuardDuty", "AttackSequence:IAM/*"),
    ("AWS Health", "AWS_RISK_CREDENTIALS_EXPOSED"),
)
"""The source of a finding and its type; ``*`` at the end stands for whatever follows."""


def why_not_trusted(finding: FoundFinding) -> str:
    """Why a person has to approve what a finding asks for, as a sentence; empty where nobody has to."""
    if finding.is_sample or finding.is_archived:
        return "The finding is a sample or archived."
    if not any(_is_of(finding, source, pattern) for source, pattern in TRUSTED):
        return f"Findings of the type {finding.type[:120] or '(not told)'} are not acted on without asking."
    if finding.source_format == "AWS Health":
        return _why_not_exposed(finding)
    if finding.severity is None or finding.severity < _LEAST_SEVERITY:
        told = "not told" if finding.severity is None else f"{finding.severity:g}"
        return f"The severity is {told}, and findings below {_LEAST_SEVERITY:g} are not acted on without asking."
    if finding.remote_is_affiliated:
        return "The credential was used from an account of the same organization, which may be somebody's mistake."
    return ""


def _is_of(finding: FoundFinding, source: SourceFormat, pattern: str) -> bool:
    if finding.source_format != source:
        return False
    return finding.type.startswith(pattern[:-1]) if pattern.endswith("*") else finding.type == pattern


def _why_not_exposed(finding: FoundFinding) -> str:
    """Of what was found in public a key speaks for itself; a name alone may be anybody's."""
    if finding.subjects and all((each.access_key or "").startswith("AKIA") for each in finding.subjects):
        return ""
    return "The event does not name the access key of a user."
