"""The home region and the others, as Terraform names them."""

from __future__ import annotations

import msgspec

from policies.preparation.language import LABEL, TERRAFORM

LOCAL = f"{LABEL}_alerting"
"""What the names within the configuration are, or begin with."""

_MARK = "@region@"

HOME = msgspec.structs.replace(TERRAFORM, region=f"${{var.{LABEL}_home_region}}")
"""Texts about the home region."""

AWAY = msgspec.structs.replace(TERRAFORM, region=_MARK)
"""Texts about any one region, which ``policy_at`` fills in."""

IN_HOME: dict[str, object] = {"region": HOME.region}
OTHERS: dict[str, object] = {"for_each": f"${{local.{LOCAL}_others}}", "region": "${each.value}"}
TELLING: dict[str, object] = {"for_each": f"${{local.{LOCAL}_telling}}", "region": "${each.value}"}
"""Where a resource is: at home, in every other region, in that other region which tells of IAM."""

EACH = "[each.value]"


def policy_at(name: str, region: str) -> str:
    """A local policy as text, in one region.

    Args:
        name: of the local value.
        region: the expression that gives the region.
    """
    return f'${{replace(jsonencode(local.{name}), "{_MARK}", {region})}}'
