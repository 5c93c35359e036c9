"""Instances as subjects, with their regions, and what is seen of each: whether it is reached, and what it hands out."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from rules.imds.carried import Privilege, privilege_of, role_of
from scanner.engine import Subject, Unread
from scanner.engine.subjects import account_resource, unlisted_regions
from scanner.findings import Resource
from scanner.inventory import Account, Gap, Instance, Region, Role, Undetermined
from scanner.reach import Reach, public_reach

_GONE = frozenset({"terminated", "shutting-down"})

REACHING = (
    "ec2:DescribeInstances", "ec2:DescribeSecurityGroups", "ec2:DescribeRouteTables", "elbv2:DescribeLoadBalancers",
    "elbv2:DescribeTargetGroups", "elbv2:DescribeTargetHealth", "elb:DescribeLoadBalancers",
)  # fmt: skip
"""What tells whether the internet reaches an instance."""

CARRYING = ("iam:ListInstanceProfiles", "iam:GetAccountAuthorizationDetails")
"""What tells the role of an instance profile."""

ESCALATING = ("iam:GetCredentialReport", "iam:ListAccessKeys")
"""What tells, with the policies, whether a role can make itself an administrator by way of a user."""


class Machine(msgspec.Struct, frozen=True):
    """An instance that is there still, running or not, in its region."""

    instance: Instance
    region: Region


def machines(account: Account) -> Iterator[Subject[Machine] | Unread]:
    """Every instance that is not terminated."""
    for region in account.regions:
        if isinstance(region.instances, Gap):
            yield Unread(account_resource(account, region.name), region.instances)
            continue
        for instance in live(region):
            resource = Resource(instance.arn, "AWS::EC2::Instance", instance.id, account.account_id, region.name)
            yield Subject(resource, Machine(instance, region))
    yield from unlisted_regions(account)


def live(region: Region) -> Iterator[Instance]:
    """The instances of a region that are there still; none where they were not read."""
    if not isinstance(region.instances, Gap):
        yield from (each for each in region.instances if each.state not in _GONE)


class Seen(msgspec.Struct, frozen=True):
    """The factors that decide what the credentials of an instance are worth to a thief, and how he gets to them.

    Attributes:
        role: None where it carries none, or where that is not known.
        privilege: what the role can do; None where there is no role, or that is not known.
        unclear: what is not known of the role, as a clause; empty where everything is.
        is_stopped: whether it answers nobody until it is started again.
    """

    reach: Reach
    role: Role | None
    privilege: Privilege | None
    unclear: str = ""
    is_stopped: bool = False

    @property
    def is_reached(self) -> bool:
        """Whether anybody in the internet gets to it at present."""
        return self.reach.kind == "reached" and not self.is_stopped

    @property
    def is_privileged(self) -> bool:
        """Whether the account is lost with its role."""
        return self.privilege is not None and self.privilege.is_high


def seen(machine: Machine, account: Account) -> Seen:
    """What is seen of an instance; what could not be read is told, and raises nothing."""
    reach = public_reach(machine.instance, machine.region)
    role = privilege = None
    unclear = ""
    try:
        role = role_of(machine.instance.instance_profile, account)
        privilege = privilege_of(role, account) if role is not None else None
    except Undetermined as missing:
        unclear = missing.reason
    return Seen(reach, role, privilege, unclear, machine.instance.state == "stopped")


def answers_v1(instance: Instance) -> bool:
    """Whether an instance answers IMDSv1.

    Raises:
        Undetermined: the answer of EC2 does not say.
    """
    options = instance.metadata
    if options is not None and (options.endpoint == "disabled" or options.tokens == "required"):
        return False
    if options is None or options.tokens is None:
        raise Undetermined(f"the answer for {instance.id} holds no metadata options")
    return True
