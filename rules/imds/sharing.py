"""Instance profiles that unlike workloads share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from rules.frameworks import attack, csf, well_architected
from rules.imds.carried import known_privilege, only_manages_hosts, powers, role_of, runs_containers
from rules.imds.machines import CARRYING, ESCALATING, Machine
from rules.imds.uses import instance_profiles, uses_of
from scanner.engine import Hit, NoParameters, Scene, rule
from scanner.inventory import Instance, InstanceProfile, NotCollected

_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
_PROFILES = f"{_GUIDE}id_roles_use_switch-role-ec2_instance-profiles.html"
_MOST_NAMED = 5


@rule(
    "instance-profile-shared",
    severity="low",
    phase="contain",
    subjects=instance_profiles,
    apis=(*CARRYING, *ESCALATING, "ec2:DescribeInstances"),
    controls=(*csf("PR.AA-05"), *well_architected("SEC03-BP02"), *attack(v18="T1552.005")),
    references=(_PROFILES, f"{_GUIDE}id_roles_use_revoke-sessions.html"),
)
def instance_profile_shared(profile: InstanceProfile, scene: Scene[NoParameters]) -> Hit | None:
    """Unlike workloads share an instance profile.

    ## Why
    Their role holds what any of them needs, so that a hole in one gives a thief what the others may do. And in an
    incident one cannot revoke the sessions of the stolen instance alone: all of them lose access. Taken for unlike are
    instances in one region that have neither image nor security group in common, directly or by way of others; a
    workload that runs in several regions or zones is one. Medium where the role is an administrator, or can make
    itself one. Left out are roles that only let instances be managed, and those of hosts of containers, where the
    workloads are to have roles of their own.

    ## Fix
    Give each workload a profile with a role of its own, with no more than it needs.

    ## Breaks
    A workload whose new role lacks something; look at the services that the old one used, for each workload.

    ## Bad
    ```json
    {"users": [], "groups": [], "policies": [], "roles": [
      {"name": "both", "arn": "arn:aws:iam::111122223333:role/both", "trust": {"Statement": []}}],
     "instance_profiles": [
      {"name": "both", "arn": "arn:aws:iam::111122223333:instance-profile/both", "roles": ["both"]}],
     "regions": [{"name": "eu-west-1", "instances": [
       {"id": "i-0a", "arn": "arn:a", "instance_profile": "both", "image": "ami-1", "security_groups": ["sg-1"]},
       {"id": "i-0b", "arn": "arn:b", "instance_profile": "both", "image": "ami-2", "security_groups": ["sg-2"]}]}]}
    ```

    ## Good
    ```json
    {"users": [], "groups": [], "policies": [], "roles": [
      {"name": "one-host", "arn": "arn:aws:iam::111122223333:role/one-host", "trust": {"Statement": []}}],
     "instance_profiles": [
      {"name": "one-host", "arn": "arn:aws:iam::111122223333:instance-profile/one-host", "roles": ["one-host"]}],
     "regions": [{"name": "eu-west-1", "instances": [
       {"id": "i-0a", "arn": "arn:a", "instance_profile": "one-host", "image": "ami-1", "security_groups": ["sg-1"]},
       {"id": "i-0b", "arn": "arn:b", "instance_profile": "one-host", "image": "ami-2", "security_groups": ["sg-1"]}]}]}
    ```
    """
    uses = uses_of(scene.account)
    region, workloads = _unlike(uses.machines.get(profile.name, []))
    if not profile.roles:
        return None
    if len(workloads) < 2:
        if uses.unread_instances is not None:
            raise NotCollected(uses.unread_instances)
        return None
    role = role_of(profile.name, scene.account)
    if role is None or only_manages_hosts(role) or runs_containers(role, scene.account):
        return None
    privilege, _ = known_privilege(role, scene.account)
    named = [workload[0].id for workload in workloads[:_MOST_NAMED]]
    return Hit(
        f"{len(workloads)} workloads in {region} carry it, with the role {role.name}: "
        f"{', '.join(named)}{' and others' if len(workloads) > _MOST_NAMED else ''} have neither image nor security "
        "group in common.",
        material=("instance-profile:shared", *powers(privilege)),
        details={"role": role.arn, "workloads": [_told(workload) for workload in workloads[:_MOST_NAMED]]},
        severity="medium" if privilege and privilege.is_high else "low",
        confidence="medium",
    )


def _told(workload: list[Instance]) -> dict[str, object]:
    return {
        "instances": len(workload),
        "such_as": workload[0].id,
        "image": workload[0].image,
        "vpc": workload[0].vpc,
        "security_groups": workload[0].security_groups,
    }


def _unlike(machines: Iterable[Machine]) -> tuple[str, list[list[Instance]]]:
    """The workloads of the region that has most of them, each with the instances that hang together."""
    by_region: defaultdict[str, list[Instance]] = defaultdict(list)
    for machine in machines:
        by_region[machine.region.name].append(machine.instance)
    found = [(region, _together(instances)) for region, instances in sorted(by_region.items())]
    return max(found, key=lambda each: len(each[1]), default=("", []))


def _together(instances: list[Instance]) -> list[list[Instance]]:
    """Instances that share an image or a security group, directly or by way of others."""
    above: dict[str, str] = {}

    def top(name: str) -> str:
        while above.setdefault(name, name) != name:
            above[name] = above[above[name]]
            name = above[name]
        return name

    for instance in instances:
        for shared in (instance.image, *instance.security_groups):
            if shared:
                above[top(shared)] = top(instance.id)
    found: defaultdict[str, list[Instance]] = defaultdict(list)
    for instance in sorted(instances, key=lambda each: each.id):
        found[top(instance.id)].append(instance)
    return list(found.values())
