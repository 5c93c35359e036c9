"""Collect the policies of the organization with their targets."""

from __future__ import annotations

from functools import partial

import msgspec

from scanner.authorization_details import document
from scanner.collect.organization_inquiry import PAGE, Inquirer
from scanner.collect.reader import Reader
from scanner.inventory import Document, Gap, OrganizationPolicy, OrganizationRoot, PolicyContent

_POLICY_TYPES = frozenset(
    {"SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY", "DECLARATIVE_POLICY_EC2", "GUARDDUTY_POLICY"}
)


class _ListedPolicy(msgspec.Struct, frozen=True):
    id: str
    name: str
    type: str
    is_aws_managed: bool


def read_policies(
    inquirer: Inquirer, roots: tuple[OrganizationRoot, ...] | Gap
) -> tuple[OrganizationPolicy, ...] | Gap:
    """The policies of the types that are switched on; those of other types are not in force."""
    if isinstance(roots, Gap):
        return roots
    types = sorted({kind for root in roots for kind in root.enabled_policy_types} & _POLICY_TYPES)
    policies: list[_ListedPolicy] = []
    for listed in inquirer.desk.each(partial(_listed_policies, inquirer), types):
        if isinstance(listed, Gap):
            return listed
        policies += listed
    policies.sort(key=lambda policy: policy.id)
    return tuple(inquirer.desk.each(partial(_policy, inquirer), policies))


def _listed_policies(inquirer: Inquirer, kind: str) -> tuple[_ListedPolicy, ...] | Gap:
    def read(reader: Reader) -> tuple[_ListedPolicy, ...]:
        return tuple(
            _ListedPolicy(found["Id"], found.get("Name", ""), found.get("Type", kind), found.get("AwsManaged", False))
            for page in reader.pages("ListPolicies", Filter=kind, PaginationConfig=PAGE)
            for found in page.get("Policies") or ()
        )

    return inquirer.ask("ListPolicies", read, tuple[_ListedPolicy, ...], kind)


def _policy(inquirer: Inquirer, listed: _ListedPolicy) -> OrganizationPolicy:
    def content(reader: Reader) -> PolicyContent:
        return PolicyContent(parsed(reader.call("DescribePolicy", PolicyId=listed.id)["Policy"]["Content"]))

    return OrganizationPolicy(
        id=listed.id,
        name=listed.name,
        type=listed.type,
        is_aws_managed=listed.is_aws_managed,
        content=inquirer.ask("DescribePolicy", content, PolicyContent, listed.id),
        targets=inquirer.texts("ListTargetsForPolicy", "Targets", "TargetId", listed.id, PolicyId=listed.id),
    )


def parsed(text: str) -> Document:
    """A policy that AWS sends as text; raises ``msgspec.DecodeError`` where it is not a JSON object."""
    msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    return document(msgspec.Raw(msgspec.json.encode(text)))
