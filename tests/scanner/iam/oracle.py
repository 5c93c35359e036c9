"""A second opinion on IAM: one request, everything known about it, yes or no.

Written from AWS's documentation alone, without a look at ``scanner.iam``; slow and literal on purpose, so that a reader
can hold it against the documentation line by line. It reads policy documents as plain dictionaries, knows no unknowns
and names no reasons. Sources, all of the IAM User Guide: "How AWS enforcement code logic evaluates requests to allow or
deny access", "Cross-account policy evaluation logic", "AWS JSON policy elements: Principal" and "NotPrincipal", "IAM
JSON policy elements: Condition operators", "Variables and tags", "Permissions boundaries for IAM entities".
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from enum import IntEnum
from functools import cache
from ipaddress import ip_address, ip_network
from typing import Any

Json = Mapping[str, Any]
Context = Mapping[str, Sequence[str]]

RCP_SERVICES = """
    aoss appconfig appstream autoscaling autoscaling-plans budgets clouddirectory cloudfront cloudsearch cloudtrail-data
    codeartifact codebuild codecommit codepipeline cognito-identity cognito-idp comprehend comprehendmedical
    compute-optimizer cost-optimization-hub dax dsql dynamodb ecr ecr-public events firehose fis fms gamelift health
    inspector-scan kendra kinesisvideo kms logs memorydb networkmonitor notifications opensearch pca-connector-ad
    personalize polly pricing resource-groups rolesanywhere s3 secretsmanager servicediscovery signin sqs sts support
    swf textract timestream-influxdb transcribe transfer translate wafv2 workspaces xray
"""
"""docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html, "List of AWS services that support
RCPs", as of 26 September 2026."""

SERVICE_LINKED = ":role/aws-service-role/"


@dataclass(frozen=True)
class Case:
    """One request, and every policy that has a say in it.

    ``principal`` is the ARN of the caller (user, role, assumed-role session, federated user, root) or a service
    principal; ``entity`` the ARN of the role (or, of a federated user, the IAM user) that a session stems from.
    ``context`` holds every key that the request has; what it does not hold is absent. ``scps`` and ``rcps`` are lists
    of documents for each level, root first; None stands for no organization, or for its management account.
    """

    principal: str
    action: str
    resource: str
    resource_account: str
    context: Context = field(default_factory=dict)
    entity: str = ""
    identity: Sequence[Json] = ()
    groups: Sequence[Json] = ()
    boundary: Json | None = None
    session: Json | None = None
    resource_policy: Json | None = None
    scps: Sequence[Sequence[Json]] | None = None
    rcps: Sequence[Sequence[Json]] | None = None


class Grant(IntEnum):
    """How much the Allow of a resource policy is worth, by the form in which it names the caller."""

    NONE = 0
    DELEGATED = 1
    """It names the account: an identity policy must still allow."""
    LIMITED = 2
    """It names the role of a session (or the user behind a federated user): boundary and session policy still limit."""
    FINAL = 3
    """It names the user or the session itself, or everybody."""


class Unresolved(Exception):
    """A policy variable has neither a value in the request nor a default."""


def allowed(case: Case) -> bool:
    """Whether AWS allows the request."""
    grant = _granted_by_resource(case)
    if _explicitly_denied(case) or not _scps_allow(case):
        return False
    if _is_service(case):
        return grant is not Grant.NONE
    if _is_root(case) and _assumes_a_role(case):
        return False
    if _account(case.principal) != case.resource_account:
        return grant is not Grant.NONE and (_is_root(case) or (_identity_allows(case) and _limits_allow(case)))
    if _resource_policy_is_mandatory(case) and grant is Grant.NONE:
        return False
    if _is_root(case) or grant is Grant.FINAL:
        return True
    return (grant is Grant.LIMITED or _identity_allows(case)) and _limits_allow(case)


def _explicitly_denied(case: Case) -> bool:
    """A Deny in any policy that applies, of whatever type."""
    own: list[Json] = []
    if not (_is_root(case) or _is_service(case)):
        own += [*case.identity, *case.groups]
        own += [document for document in (case.boundary, case.session) if document is not None]
    own += [document for level in _applicable_scps(case) for document in level]
    on_resource = [document for level in _applicable_rcps(case) for document in level]
    if case.resource_policy is not None:
        on_resource.append(case.resource_policy)
    return any(_has(document, "Deny", case) for document in own) or any(
        _names_caller(statement, case)
        for document in on_resource
        for statement in _matching_statements(document, "Deny", case)
    )


def _scps_allow(case: Case) -> bool:
    """At every level from the root to the account at least one SCP must allow; this limits root users too."""
    return all(any(_has(document, "Allow", case) for document in level) for level in _applicable_scps(case))


def _applicable_scps(case: Case) -> Sequence[Sequence[Json]]:
    return () if case.scps is None or _is_service(case) or _is_service_linked(case) else case.scps


def _applicable_rcps(case: Case) -> Sequence[Sequence[Json]]:
    """The RCPs in force. RCPFullAWSAccess cannot be detached, so that only their Deny statements ever matter."""
    action = case.action.lower()
    supported = action.split(":")[0] in RCP_SERVICES.split() and action != "kms:retiregrant"
    exempt = _is_service_linked(case) or (_assumes_a_role(case) and SERVICE_LINKED in case.resource)
    return () if case.rcps is None or not supported or exempt else case.rcps


def _granted_by_resource(case: Case) -> Grant:
    if case.resource_policy is None:
        return Grant.NONE
    statements = _matching_statements(case.resource_policy, "Allow", case)
    return max((_strength(statement, case) for statement in statements), default=Grant.NONE)


def _resource_policy_is_mandatory(case: Case) -> bool:
    """Role trust policies and KMS key policies must allow, whatever the identity policies say."""
    return _assumes_a_role(case) or (case.action.lower().startswith("kms:") and ":key/" in case.resource)


def _assumes_a_role(case: Case) -> bool:
    return case.action.lower().startswith("sts:assumerole")


def _identity_allows(case: Case) -> bool:
    return any(_has(document, "Allow", case) for document in (*case.identity, *case.groups))


def _limits_allow(case: Case) -> bool:
    """Boundary and session policy. A federated user without a session policy may do nothing of its own."""
    if case.boundary is not None and not _has(case.boundary, "Allow", case):
        return False
    if case.session is None:
        return ":federated-user/" not in case.principal
    return _has(case.session, "Allow", case)


def _is_root(case: Case) -> bool:
    return case.principal.endswith(":root")


def _is_service(case: Case) -> bool:
    return case.principal.endswith(".amazonaws.com")


def _is_service_linked(case: Case) -> bool:
    return SERVICE_LINKED in (case.entity or case.principal)


def _account(arn: str) -> str:
    return arn.split(":")[4]


def _strength(statement: Json, case: Case) -> Grant:
    """What the Allow of a resource policy is worth to the caller.

    "*" asks for no other permission of a user or role of the same account, and what it grants is not limited by
    boundaries or session policies ("All principals", "IAM role principals").
    """
    if "NotPrincipal" in statement:
        return Grant.FINAL if _names_caller(statement, case) else Grant.NONE
    return max((_strength_of(name, case) for name in _principals(statement["Principal"])), default=Grant.NONE)


def _strength_of(name: str, case: Case) -> Grant:
    if name in ("*", "AWS:*"):
        return Grant.FINAL if name == "*" or not _is_service(case) else Grant.NONE
    if _is_service(case):
        return Grant.FINAL if name == f"Service:{case.principal}" else Grant.NONE
    if name == f"AWS:{case.principal}" and ":role/" not in case.principal:
        return Grant.FINAL
    if name in (f"AWS:{case.principal}", f"AWS:{case.entity}"):
        return Grant.LIMITED
    return Grant.DELEGATED if name in _names_of_account(case) else Grant.NONE


def _names_caller(statement: Json, case: Case) -> bool:
    """Whether a Deny in a policy on the resource is for this caller.

    NotPrincipal spares only those who are listed with everything above them (session, role, account), and never one
    that has a permissions boundary.
    """
    if "NotPrincipal" not in statement:
        return any(_strength_of(name, case) for name in _principals(statement["Principal"]))
    listed = set(_principals(statement["NotPrincipal"]))
    if _is_service(case):
        return f"Service:{case.principal}" not in listed
    chain = [name for name in (case.principal, case.entity) if name and not _is_root(case)]
    spared = all(f"AWS:{name}" in listed for name in chain) and not listed.isdisjoint(_names_of_account(case))
    return case.boundary is not None or not spared


def _principals(element: str | Json) -> Iterator[str]:
    if isinstance(element, str):
        yield element
        return
    for kind, names in element.items():
        for name in _listed(names):
            yield f"{kind}:{name}"


def _names_of_account(case: Case) -> tuple[str, str]:
    account = _account(case.principal)
    return f"AWS:{account}", f"AWS:arn:aws:iam::{account}:root"


def _has(document: Json, effect: str, case: Case) -> bool:
    return any(True for _ in _matching_statements(document, effect, case))


def _matching_statements(document: Json, effect: str, case: Case) -> Iterator[Json]:
    """The statements of this effect whose Action, Resource and Condition fit; Principal is not looked at."""
    variables = document.get("Version") == "2012-10-17"
    for statement in _listed(document["Statement"]):
        if statement["Effect"] == effect and _fits(statement, case, variables=variables):
            yield statement


def _fits(statement: Json, case: Case, *, variables: bool) -> bool:
    context = {key.lower(): values for key, values in case.context.items() if values}

    def texts(values: Any, *, substitute: bool = True) -> list[str]:
        plain = [_text(value) for value in _listed(values)]
        return [_substituted(value, context) for value in plain] if variables and substitute else plain

    try:
        resources = texts(statement.get("Resource", statement.get("NotResource", ())))
        conditions = [
            (operator, context.get(key.lower(), ()), texts(values, substitute=_takes_variables(operator)))
            for operator, block in statement.get("Condition", {}).items()
            for key, values in block.items()
        ]
    except Unresolved:
        return False
    return (
        _fits_action(statement, case.action)
        and _fits_resource(statement, resources, case.resource)
        and all(_holds(operator, request, values) for operator, request, values in conditions)
    )


def _fits_action(statement: Json, action: str) -> bool:
    if "NotAction" in statement:
        return not any(_glob(name.lower(), action.lower()) for name in _listed(statement["NotAction"]))
    return any(_glob(name.lower(), action.lower()) for name in _listed(statement["Action"]))


def _fits_resource(statement: Json, patterns: Sequence[str], resource: str) -> bool:
    """A trust policy has no Resource: it is about the role that it is attached to."""
    if "NotResource" in statement:
        return not any(_glob(pattern, resource) for pattern in patterns)
    return "Resource" not in statement or any(_glob(pattern, resource) for pattern in patterns)


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


LITERAL: dict[str, str | int | None] = {"*": "\ue000", "?": "\ue001"}
"""An asterisk or question mark that came out of a variable is no wildcard: private characters stand for it."""


def _substituted(text: str, context: Context) -> str:
    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name in ("*", "?", "$"):
            return name.translate(str.maketrans(LITERAL))
        key, _, default = name.partition(",")
        values = context.get(key.strip().lower(), ())
        if len(values) == 1:
            return values[0].translate(str.maketrans(LITERAL))
        if not default:
            raise Unresolved(key)
        return default.strip().removeprefix("'").removesuffix("'").translate(str.maketrans(LITERAL))

    return re.sub(r"\$\{([^}]*)\}", value, text)


@cache
def _glob_expression(pattern: str) -> re.Pattern[str]:
    wildcards = {"*": ".*", "?": "."}
    return re.compile("".join(wildcards.get(char) or re.escape(_plain(char)) for char in pattern), re.DOTALL)


def _glob(pattern: str, value: str) -> bool:
    return _glob_expression(pattern).fullmatch(value) is not None


def _plain(text: str) -> str:
    return text.replace("\ue000", "*").replace("\ue001", "?")


def _takes_variables(operator: str) -> bool:
    return operator.split(":")[-1].startswith(("String", "Arn"))


def _holds(operator: str, request: Sequence[str], values: Sequence[str]) -> bool:
    """One line of a Condition: the values of the request against those of the policy."""
    if operator == "Null":
        return any((value == "true") == (not request) for value in values)
    quantifier, _, name = operator.rpartition(":")
    if_exists = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    negated = "Not" in name
    name = name.replace("Not", "")

    def fits(value: str) -> bool:
        return any(_compare(name, value, other) for other in values) != negated

    if quantifier == "ForAllValues":
        return all(fits(value) for value in request)
    if not request:
        return if_exists or (negated and quantifier == "")
    if quantifier == "ForAnyValue":
        return any(fits(value) for value in request)
    (only,) = request
    return fits(only)


def _compare(name: str, value: str, other: str) -> bool:
    """A positive operator: the value of the request against one of the policy. What cannot be read never matches."""
    match name:
        case "StringEquals":
            return value == _plain(other)
        case "StringEqualsIgnoreCase":
            return value.lower() == _plain(other).lower()
        case "StringLike":
            return _glob(other, value)
        case "ArnEquals" | "ArnLike":
            return _arn_like(other, value)
        case "Bool":
            return value.lower() == other.lower()
        case "BinaryEquals":
            return base64.b64decode(value) == base64.b64decode(other)
        case "IpAddress":
            return ip_address(value) in ip_network(other, strict=False)
    if name.startswith("Numeric"):
        return _ordered(name.removeprefix("Numeric"), _number(value), _number(other))
    if name.startswith("Date"):
        return _ordered(name.removeprefix("Date"), _instant(value), _instant(other))
    raise ValueError(name)


def _arn_like(pattern: str, value: str) -> bool:
    patterns, values = pattern.split(":", 5), value.split(":", 5)
    return len(patterns) == len(values) and all(_glob(*pair) for pair in zip(patterns, values, strict=True))


def _ordered(relation: str, left: Decimal | None, right: Decimal | None) -> bool:
    if left is None or right is None:
        return False
    order = "LessThan" if left < right else "GreaterThan" if left > right else "Equals"
    return order in relation


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _instant(text: str) -> Decimal | None:
    """Seconds since the epoch, of epoch time or of an ISO 8601 date; a date without a zone is UTC."""
    if re.fullmatch(r"\d{9,}", text):
        return Decimal(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return Decimal(str(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()))
