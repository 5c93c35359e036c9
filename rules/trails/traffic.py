"""Flow logs: whether it is recorded who talked to whom in networks where something runs."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from rules.frameworks import attack, cis, csf, well_architected
from scanner.engine import Hit, NoParameters, Scene, Subject, Unread, rule
from scanner.engine.subjects import account_resource, unlisted_regions
from scanner.findings import Resource
from scanner.inventory import Account, FlowLog, Gap, Instance, SecurityGroup, Undetermined, known
from scanner.shell import command, option

_GONE = {"terminated", "shutting-down"}


class Network(msgspec.Struct, frozen=True):
    """A VPC with the instances in it, and the security groups of its region."""

    id: str
    region: str
    instances: tuple[Instance, ...]
    flow_logs: tuple[FlowLog, ...] | Gap
    security_groups: tuple[SecurityGroup, ...] | Gap


def _networks(account: Account) -> Iterator[Subject[Network] | Unread]:
    """The VPCs in which instances are, running or stopped."""
    for region in account.regions:
        if isinstance(region.instances, Gap):
            yield Unread(account_resource(account, region.name), region.instances)
            continue
        for vpc, instances in sorted(_by_vpc(region.instances).items()):
            arn = f"arn:{account.partition}:ec2:{region.name}:{account.account_id}:vpc/{vpc}"
            resource = Resource(arn, "AWS::EC2::VPC", vpc, account.account_id, region.name)
            yield Subject(
                resource, Network(vpc, region.name, tuple(instances), region.flow_logs, region.security_groups)
            )
    yield from unlisted_regions(account)


def _by_vpc(instances: tuple[Instance, ...]) -> dict[str, list[Instance]]:
    found: dict[str, list[Instance]] = {}
    for instance in instances:
        if instance.vpc and instance.state not in _GONE:
            found.setdefault(instance.vpc, []).append(instance)
    return found


@rule(
    "vpc-flow-logs-off",
    severity="medium",
    phase="investigate",
    subjects=_networks,
    apis=("ec2:DescribeInstances", "ec2:DescribeFlowLogs", "ec2:DescribeSecurityGroups"),
    controls=(
        *cis(v7="4.7", v5="3.7"), *csf("DE.CM-01"), *well_architected("SEC04-BP01"),
        *attack(v18="T1562.008", v19="T1685.002"),
    ),
    references=("https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs.html",),
)  # fmt: skip
def vpc_flow_logs_off(network: Network, _: Scene[NoParameters]) -> Hit | None:
    """Nobody could tell to whom the instances of a VPC talked.

    ## Why
    Whether a thief took data out of an instance, where to, and which neighbours were tried from there, is in no record
    of API calls. GuardDuty looks at flows by itself, but keeps none of them for an investigation. Of a VPC that another
    account shares, the flow logs are told in that account alone.

    ## Fix
    Make a flow log of the whole VPC for all traffic, into the bucket of the logs. Records of refused traffic alone show
    the attempts and not what succeeded.

    ## Breaks
    Nothing; it costs money by volume.

    ## Bad
    ```json
    {"regions": [{"name": "eu-west-1", "flow_logs": [],
     "security_groups": [{"id": "sg-0a", "name": "default", "vpc": "vpc-0a"}], "instances": [
      {"id": "i-0a", "arn": "arn:aws:ec2:eu-west-1:111122223333:instance/i-0a", "state": "running", "vpc": "vpc-0a"}]}]}
    ```

    ## Good
    ```json
    {"regions": [{"name": "eu-west-1", "flow_logs": [
      {"id": "fl-0a", "resource": "vpc-0a", "status": "ACTIVE", "traffic": "ALL", "delivery": "SUCCESS"}],
     "security_groups": [{"id": "sg-0a", "name": "default", "vpc": "vpc-0a"}],
     "instances": [
      {"id": "i-0a", "arn": "arn:aws:ec2:eu-west-1:111122223333:instance/i-0a", "state": "running", "vpc": "vpc-0a"}]}]}
    ```
    """
    logs = known(network.flow_logs)
    own = [log for log in logs if log.resource == network.id]
    working = [log for log in own if _works(log)]
    if _whole(working) or _by_subnet(network, logs):
        return None
    if working:
        kind = min(log.traffic for log in working)
        return Hit(
            f"Its flow log records {kind} traffic alone.",
            material=(f"flow-log:{kind}",),
            details={"flow_logs": sorted(log.id for log in working)},
            severity="low",
        )
    finer = ("eni-",) if all(instance.placements for instance in network.instances) else ("eni-", "subnet-")
    if any(log.resource.startswith(finer) and _works(log) for log in logs):
        raise Undetermined("there are flow logs of interfaces or subnets, and it is not known whether they cover it")
    failing = sorted(log.id for log in own)
    if not failing and not _is_own(network):
        raise Undetermined("another account shares the VPC, and what it records of it is told there alone")
    return Hit(
        f"{_counted(len(network.instances))} in it, and "
        + (f"its flow logs do not deliver ({', '.join(failing)})." if failing else "it has no flow log."),
        material=("flow-log:failing" if failing else "flow-log:none",),
        details={"instances": len(network.instances), "flow_logs": failing},
        commands=() if failing else (_making(network),),
    )


def _is_own(network: Network) -> bool:
    """Whether the VPC is the account's: its default group, which nobody can delete or share, is its owner's to see."""
    return any(group.vpc == network.id and group.name == "default" for group in known(network.security_groups))


def _counted(instances: int) -> str:
    return "1 instance is" if instances == 1 else f"{instances} instances are"


def _works(log: FlowLog) -> bool:
    return log.status == "ACTIVE" and log.delivery != "FAILED"


def _whole(logs: list[FlowLog]) -> bool:
    """Whether accepted and rejected traffic is recorded, be it by two logs."""
    kinds = {log.traffic for log in logs}
    return "ALL" in kinds or kinds >= {"ACCEPT", "REJECT"}


def _by_subnet(network: Network, logs: tuple[FlowLog, ...]) -> bool:
    """Whether every subnet with an instance in it has a log of its own."""
    used = {subnet for instance in network.instances for subnet in instance.placements}
    placed = all(instance.placements for instance in network.instances)
    return placed and all(_whole([log for log in logs if log.resource == subnet and _works(log)]) for subnet in used)


def _making(network: Network) -> str:
    words = (
        option("--resource-ids", network.id),
        '"--log-destination=${LOG_BUCKET_ARN:?the ARN of the bucket for flow logs}"',
        option("--region", network.region),
    )
    create = ("aws", "ec2", "create-flow-logs", "--resource-type", "VPC", "--traffic-type", "ALL")
    return " ".join((command(*create, "--log-destination-type", "s3"), *words))
