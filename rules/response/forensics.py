"""What investigators find ready: a place where an instance can be cut off without being lost."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from rules.frameworks import attack, csf, well_architected
from scanner.engine import Hit, NoParameters, Scene, Subject, Unread, rule
from scanner.engine.subjects import account_resource, unlisted_regions
from scanner.findings import Resource
from scanner.inventory import Account, Gap, Region, known

_GONE = {"terminated", "shutting-down"}


class Vpc(msgspec.Struct, frozen=True, eq=False):
    """A VPC in which instances run, or could be started again."""

    id: str
    region: Region
    instances: int


def _vpcs(account: Account) -> Iterator[Subject[Vpc] | Unread]:
    for region in account.regions:
        if isinstance(region.instances, Gap):
            if region.instances.status != "not_applicable":
                yield Unread(account_resource(account, region.name), region.instances)
            continue
        counts: dict[str, int] = {}
        for instance in region.instances:
            if instance.vpc is not None and instance.state not in _GONE:
                counts[instance.vpc] = counts.get(instance.vpc, 0) + 1
        for vpc, count in sorted(counts.items()):
            arn = f"arn:{account.partition}:ec2:{region.name}:{account.account_id}:vpc/{vpc}"
            resource = Resource(arn, "AWS::EC2::VPC", vpc, account.account_id, region.name)
            yield Subject(resource, Vpc(vpc, region, count))
    yield from unlisted_regions(account)


@rule(
    "forensics-isolation-group-missing",
    severity="low",
    phase="investigate",
    subjects=_vpcs,
    apis=("ec2:DescribeInstances", "ec2:DescribeSecurityGroups"),
    controls=(*csf("RS.AN-06"), *well_architected("SEC10-BP03"), *attack(v18="T1552.005")),
    references=(
        "https://docs.aws.amazon.com/security-ir/latest/userguide/contain.html",
        "https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html",
    ),
)
def forensics_isolation_group_missing(vpc: Vpc, _: Scene[NoParameters]) -> Hit | None:
    """A VPC with instances has no security group that cuts one of them off.

    ## Why
    An instance whose credentials were read is kept running, for its memory, and cut off from the network, so that
    nobody reads the next ones. For that it gets a security group without any rule in place of its own. A group belongs
    to one VPC, and a new one lets everything out until somebody thinks of it: made beforehand it is one call.

    ## Fix
    Make a security group in the VPC, remove its rule for outgoing traffic, and name it so that responders find it.
    Connections that are tracked already live on after the change of groups; a network ACL ends these.

    ## Breaks
    Nothing, as long as nobody gives it to an instance.

    ## Bad
    ```json
    {"regions": [{"name": "eu-west-1",
      "instances": [{"id": "i-1", "arn": "arn:aws:ec2:eu-west-1:111122223333:instance/i-1", "state": "running",
        "vpc": "vpc-1"}],
      "security_groups": [{"id": "sg-1", "name": "web", "vpc": "vpc-1", "allows_egress": true}]}]}
    ```

    ## Good
    ```json
    {"regions": [{"name": "eu-west-1",
      "instances": [{"id": "i-1", "arn": "arn:aws:ec2:eu-west-1:111122223333:instance/i-1", "state": "running",
        "vpc": "vpc-1"}],
      "security_groups": [{"id": "sg-1", "name": "web", "vpc": "vpc-1", "allows_egress": true},
        {"id": "sg-2", "name": "isolation", "vpc": "vpc-1", "allows_egress": false}]}]}
    ```
    """
    groups = [group for group in known(vpc.region.security_groups) if group.vpc == vpc.id]
    if any(not group.ingress and not group.allows_egress for group in groups):
        return None
    return Hit(
        f"None of its {len(groups)} security groups is without rules; {vpc.instances} instances are in it.",
        material=("isolation-group:none",),
        details={"instances": vpc.instances, "security_groups": len(groups)},
    )
