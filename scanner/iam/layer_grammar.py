"""What a document must be to serve as one kind of policy, beyond the grammar of all.

Source: "IAM JSON policy element reference" in the IAM User Guide; "SCP syntax" and "RCP syntax" in the AWS
Organizations User Guide.
"""

from __future__ import annotations

from collections.abc import Iterator

from scanner.iam.decision import Layer
from scanner.iam.documents import Policy, Statement


def problems(layer: Layer, policy: Policy) -> tuple[str, ...]:
    """Why AWS would not take a document as this kind of policy, each with its place; none where it would."""
    found = [f"Statement[{each.index}].{fault}" for each in policy.statements for fault in _faults(layer, each)]
    return (*policy.problems, *found)


def _faults(layer: Layer, statement: Statement) -> Iterator[str]:
    principal = "NotPrincipal" if statement.not_principals else "Principal"
    if layer == "resource_policy":
        if not statement.principals:
            yield "Principal: it is missing, and a resource policy has to name whom it is for"
    elif layer == "rcp":
        yield from _faults_of_rcp(statement, principal)
    elif statement.principals:
        yield f"{principal}: only resource policies have one"


def _faults_of_rcp(statement: Statement, principal: str) -> Iterator[str]:
    if statement.not_principals or statement.principals != (("AWS", "*"),):
        yield f'{principal}: in a resource control policy it is "*"'
    if statement.not_actions:
        yield "NotAction: a resource control policy has none"
    if statement.allows and (statement.actions != ("*",) or statement.resources != ("*",) or statement.conditions):
        yield "Effect: a resource control policy can only deny (but for RCPFullAWSAccess)"
