"""Findings of stolen credentials, read in every form in which AWS tells them: whom they suspect, and of what."""

from __future__ import annotations

from policies.findings.found import FoundFinding, Level, SourceFormat
from policies.findings.reading import MOST_BYTES, as_json, read_findings

__all__ = ["MOST_BYTES", "FoundFinding", "Level", "SourceFormat", "as_json", "read_findings"]
