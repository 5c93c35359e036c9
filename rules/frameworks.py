"""Compliance controls, always with the version of their framework, since ids move between versions."""

from __future__ import annotations

from scanner.findings import Control


def cis(*, v7: str | None = None, v5: str | None = None) -> tuple[Control, ...]:
    """Controls of the CIS AWS Foundations Benchmark, versions 7.0.0 and 5.0.0."""
    found = [("7.0.0", v7), ("5.0.0", v5)]
    return tuple(Control("CIS AWS Foundations", version, control) for version, control in found if control)


def csf(*subcategories: str) -> tuple[Control, ...]:
    """Subcategories of the NIST Cybersecurity Framework 2.0."""
    return tuple(Control("NIST CSF", "2.0", subcategory) for subcategory in subcategories)


def well_architected(*practices: str) -> tuple[Control, ...]:
    """Best practices of the security pillar of the AWS Well-Architected Framework."""
    return tuple(Control("AWS Well-Architected", "2024-11-06", practice) for practice in practices)


def attack(*, v18: str, v19: str | None = None) -> tuple[Control, ...]:
    """A MITRE ATT&CK technique; version 19 renumbered Impair Defenses."""
    return (Control("MITRE ATT&CK", "18", v18), Control("MITRE ATT&CK", "19", v19 or v18))
