"""GuardDuty: the service that notices credentials used from where they should not be."""

from __future__ import annotations

from rules.guardduty import administrators, detectors, features, members, open_findings

MODULES = (detectors, features, administrators, members, open_findings)
