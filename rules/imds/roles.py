"""The roles that instances carry: those that are too wide, and instances that have none."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from rules.frameworks import attack, cis, csf, well_architected
from rules.imds.carried import privilege_of, role_name, role_of
from rules.imds.machines import CARRYING, ESCALATING, REACHING, Machine, answers_v1, machines
from rules.imds.uses import uses_of
from scanner.engine import Hit, NoParameters, Scene, Subject, Unread, rule
from scanner.engine.subjects import account_resource, unlisted_regions
from scanner.findings import Resource
from scanner.inventory import Account, Gap, NotCollected, Role, Undetermined, known
from scanner.reach import public_reach

_IAM_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
_EC2_GUIDE = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/"
_MOST_NAMED = 20


class CarriedRole(msgspec.Struct, frozen=True):
    """A role with the instances that carry it; of the role itself it may be unknown what it is."""

    role: Role | None
    unclear: str
    machines: tuple[Machine, ...]


def _carried_roles(account: Account) -> Iterator[Subject[CarriedRole] | Unread]:
    """Every role that some instance carries."""
    uses = uses_of(account)
    carriers: dict[str, list[Machine]] = {}
    unread: Gap | None = None
    for profile, found in sorted(uses.machines.items()):
        try:
            name = role_name(profile, account)
        except NotCollected as missing:
            unread = missing.gap
        except Undetermined:
            # The profile has been deleted, so that instances get nothing by it any more.
            continue
        else:
            if name is not None:
                carriers.setdefault(name, []).extend(found)
    for name, found in sorted(carriers.items()):
        role, unclear = _role(found[0], account)
        arn = role.arn if role else f"arn:{account.partition}:iam::{account.account_id}:role/{name}"
        yield Subject(
            Resource(arn, "AWS::IAM::Role", name, account.account_id), CarriedRole(role, unclear, tuple(found))
        )
    if unread is not None:
        yield Unread(account_resource(account), unread)
    for region in account.regions:
        if isinstance(region.instances, Gap):
            yield Unread(account_resource(account, region.name), region.instances)
    yield from unlisted_regions(account)


def _role(machine: Machine, account: Account) -> tuple[Role | None, str]:
    try:
        return role_of(machine.instance.instance_profile, account), ""
    except Undetermined as missing:
        return None, missing.reason


@rule(
    "instance-role-too-wide",
    severity="medium",
    phase="contain",
    subjects=_carried_roles,
    apis=(*REACHING, *CARRYING, *ESCALATING),
    controls=(*csf("PR.AA-05"), *well_architected("SEC03-BP02"), *attack(v18="T1078.004")),
    references=(
        f"{_IAM_GUIDE}id_roles_use_switch-role-ec2.html",
        f"{_IAM_GUIDE}access_policies_last-accessed.html",
    ),
)
def instance_role_too_wide(found: CarriedRole, scene: Scene[NoParameters]) -> Hit | None:
    """The role of instances holds the whole account.

    ## Why
    Whoever gets a shell on one of them, or makes a program on it ask for credentials, has the account: the role is an
    administrator, or can make itself one. IMDSv2 makes the theft harder, and no smaller. High where the internet
    reaches one of the instances. Instances that answer IMDSv1 and are reached have a finding of their own, which weighs
    more and says the same of the role; they are left out here. So is a role that the owner declares an administrator,
    unless the internet reaches one of its instances.

    ## Fix
    Give the workload a role with the actions that it used in the last 90 days, on the resources that it owns. What
    deploys or administers belongs into a pipeline with short sessions.

    ## Breaks
    What the workload does rarely: try the narrow role on a copy of the instance first.

    ## Bad
    ```json
    {"users": [], "groups": [], "policies": [], "roles": [
      {"name": "wide-host", "arn": "arn:aws:iam::111122223333:role/wide-host", "trust": {"Statement": []},
       "inline": [{"name": "all", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Action": "*", "Resource": "*"}]}}]}],
     "instance_profiles": [
      {"name": "wide-host", "arn": "arn:aws:iam::111122223333:instance-profile/wide-host", "roles": ["wide-host"]}],
     "regions": [{"name": "eu-west-1", "instances": [
       {"id": "i-0a", "arn": "arn:a", "instance_profile": "wide-host", "metadata": {"tokens": "required"}}]}]}
    ```

    ## Good
    ```json
    {"users": [], "groups": [], "policies": [], "roles": [
      {"name": "lean-host", "arn": "arn:aws:iam::111122223333:role/lean-host", "trust": {"Statement": []},
       "inline": [{"name": "assets", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::assets/*"}]}}]}],
     "instance_profiles": [
      {"name": "lean-host", "arn": "arn:aws:iam::111122223333:instance-profile/lean-host", "roles": ["lean-host"]}],
     "regions": [{"name": "eu-west-1", "instances": [
       {"id": "i-0a", "arn": "arn:a", "instance_profile": "lean-host", "metadata": {"tokens": "required"}}]}]}
    ```
    """
    if found.role is None:
        raise Undetermined(found.unclear or "its role is not known")
    privilege = privilege_of(found.role, scene.account)
    if not privilege.is_high:
        return None
    reached = [(machine, _is_reached(machine)) for machine in found.machines]
    untold = [(machine, is_reached) for machine, is_reached in reached if not (is_reached and _may_answer_v1(machine))]
    if not untold:
        return None
    from_internet = [machine for machine, is_reached in untold if is_reached]
    if scene.declared.may_administrate(found.role.arn) and not from_internet:
        return None
    count = f"{len(untold)} instance{'s' if len(untold) > 1 else ''}"
    carry = "carries" if len(untold) == 1 else "carry"
    by_internet = f"; the internet reaches {len(from_internet)} of them" if from_internet else ""
    return Hit(
        f"{count} {carry} this role, {privilege.words}{by_internet}.",
        material=(f"role:{privilege.kind}", *(("reached-from-internet",) if from_internet else ())),
        details={
            "instances": [machine.instance.arn for machine, _ in untold[:_MOST_NAMED]],
            "other_instances": max(len(untold) - _MOST_NAMED, 0),
            "reached": [machine.instance.arn for machine in from_internet[:_MOST_NAMED]],
            "services": _services(found.role, scene.account),
        },
        severity="high" if from_internet else "medium",
        confidence=privilege.confidence,
    )


def _is_reached(machine: Machine) -> bool:
    return machine.instance.state != "stopped" and public_reach(machine.instance, machine.region).kind == "reached"


def _may_answer_v1(machine: Machine) -> bool:
    """Whether another rule fails for it."""
    try:
        return answers_v1(machine.instance)
    except Undetermined:
        return False


def _services(role: Role, account: Account) -> dict[str, int] | None:
    """How many services the role may use, and how many of them it used; None where that was not asked for."""
    if isinstance(account.last_accessed, Gap):
        return None
    services = next((each.services for each in account.last_accessed if each.arn == role.arn), None)
    if services is None or isinstance(services, Gap):
        return None
    return {"allowed": len(services), "used": sum(each.last_used is not None for each in services)}


@rule(
    "instance-without-profile",
    severity="low",
    phase="contain",
    subjects=machines,
    apis=("ec2:DescribeInstances", "ssm:GetServiceSetting"),
    controls=(
        *cis(v7="2.16", v5="1.17"),
        *csf("PR.AA-01"),
        *well_architected("SEC02-BP02"),
        *attack(v18="T1552.001"),
    ),
    references=(
        f"{_EC2_GUIDE}iam-roles-for-amazon-ec2.html",
        "https://docs.aws.amazon.com/systems-manager/latest/userguide/fleet-manager-default-host-management-configuration.html",
    ),
)
def instance_without_profile(machine: Machine, _: Scene[NoParameters]) -> Hit | None:
    """An instance has no role of its own.

    ## Why
    What runs on it and needs AWS can only work with stored keys of a user, which do not expire and lie in files, images
    and backups. And in an incident nothing on it can be reached by Systems Manager. The role that Systems Manager gives
    to all instances of a region (Default Host Management Configuration) counts as one.

    ## Fix
    Attach an instance profile whose role holds what the workload needs; AmazonSSMManagedInstanceCore alone, if it needs
    nothing. Then look for keys in its files and its user data, and deactivate them.

    ## Breaks
    Nothing; software that finds stored keys goes on to use them until they are removed.

    ## Bad
    ```json
    {"regions": [{"name": "eu-west-1", "host_management": null, "instances": [
      {"id": "i-0a", "arn": "arn:aws:ec2:eu-west-1:111122223333:instance/i-0a", "state": "running"}]}]}
    ```

    ## Good
    ```json
    {"regions": [
      {"name": "eu-west-1", "instances": [
        {"id": "i-0a", "arn": "arn:aws:ec2:eu-west-1:111122223333:instance/i-0a", "state": "running",
         "instance_profile": "arn:aws:iam::111122223333:instance-profile/app"}]},
      {"name": "eu-west-2", "instances": [
        {"id": "i-0b", "arn": "arn:aws:ec2:eu-west-2:111122223333:instance/i-0b", "state": "running"}],
       "host_management": {"kind": "service-setting", "status": "Customized", "value": "service-role/Hosts"}}]}
    ```
    """
    if machine.instance.instance_profile is not None:
        return None
    setting = machine.region.host_management
    if isinstance(setting, Gap) and setting.status == "not_applicable":
        setting = None
    found = known(setting)
    if found is not None and found.value not in ("", "$None"):
        return None
    return Hit(
        "It carries no instance profile, and Systems Manager gives no role to the instances of the region.",
        material=("instance:no-profile",),
        details={"state": machine.instance.state, "key_pair": machine.instance.key_name},
    )
