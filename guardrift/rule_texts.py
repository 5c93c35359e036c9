"""What formats for other programs tell of the rules: their documentation."""

from __future__ import annotations

from collections.abc import Mapping

from reports.sarif_rules import RuleText
from rules import RULES


def rule_texts() -> Mapping[str, RuleText]:
    """The documentation of the built-in rules, by id."""
    return {
        rule.id: RuleText(
            why=rule.documentation.why,
            fix=rule.documentation.fix,
            breaks=rule.documentation.breaks,
            references=rule.references,
            controls=rule.controls,
        )
        for rule in RULES.values()
    }
