"""Instance profiles: those without a role, and those that nothing uses."""

from __future__ import annotations

from datetime import timedelta

from rules.frameworks import attack, csf, well_architected
from rules.imds.carried import known_privilege, powers, role_of
from rules.imds.machines import CARRYING, ESCALATING
from rules.imds.uses import instance_profiles, uses_of
from scanner.engine import Hit, NoParameters, NotNegative, Scene, rule
from scanner.inventory import InstanceProfile, NotCollected, Role, Undetermined
from scanner.shell import command, option

_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
_PROFILES = f"{_GUIDE}id_roles_use_switch-role-ec2_instance-profiles.html"


@rule(
    "instance-profile-without-role",
    severity="low",
    phase="eradicate",
    subjects=instance_profiles,
    apis=("iam:ListInstanceProfiles",),
    controls=(*csf("PR.AA-05"), *well_architected("SEC03-BP06"), *attack(v18="T1098.003")),
    references=(_PROFILES,),
)
def instance_profile_without_role(profile: InstanceProfile, _: Scene[NoParameters]) -> Hit | None:
    """An instance profile carries no role.

    ## Why
    It gives nothing to an instance at present. Whoever may put a role into it (iam:AddRoleToInstanceProfile with
    iam:PassRole) gives that role to every instance and launch template that names it, without touching any of them:
    such a change is easily missed. Software on an instance that has it finds no credentials, and often gets a key of a
    user instead.

    ## Fix
    Delete it, or put the role of the workload into it.

    ## Breaks
    Launches that name it fail when it is deleted.

    ## Bad
    ```json
    {"instance_profiles": [{"name": "empty-host", "arn": "arn:aws:iam::111122223333:instance-profile/empty-host"}]}
    ```

    ## Good
    ```json
    {"instance_profiles": [
      {"name": "full-host", "arn": "arn:aws:iam::111122223333:instance-profile/full-host", "roles": ["full-host"]}]}
    ```
    """
    if profile.roles:
        return None
    return Hit("It carries no role.", material=("instance-profile:no-role",))


class Use(NoParameters, frozen=True):
    """Parameters of ``instance-profile-unused``: ``days`` is how long ago a role counts as in use still."""

    days: NotNegative = 30


@rule(
    "instance-profile-unused",
    severity="low",
    phase="eradicate",
    subjects=instance_profiles,
    apis=(
        *CARRYING,
        *ESCALATING,
        "ec2:DescribeInstances",
        "ec2:DescribeLaunchTemplateVersions",
        "autoscaling:DescribeLaunchConfigurations",
        "autoscaling:DescribeAutoScalingGroups",
    ),
    controls=(*csf("PR.AA-05"), *well_architected("SEC03-BP06"), *attack(v18="T1078.004")),
    references=(_PROFILES, f"{_GUIDE}access_policies_last-accessed.html"),
    parameters=Use,
)
def instance_profile_unused(profile: InstanceProfile, scene: Scene[Use]) -> Hit | None:
    """Nothing uses an instance profile.

    ## Why
    Whoever may pass its role and launch an instance takes it, and nobody who looks after it would notice. Medium where
    its role is an administrator, or can make itself one. Counted as use are instances in every region, and the
    versions of launch templates that are the default, the latest or launched from by a group, and launch
    configurations; a role that was assumed in the last 30 days is in use by something, too, and one that was made then
    may be soon.

    ## Fix
    Ask its owner, then take the role out and delete the profile; delete the role, if nothing else assumes it.

    ## Breaks
    What launches instances at times and names the profile itself: batch jobs, clusters, image builders, scripts.

    ## Bad
    ```json
    {"users": [], "groups": [], "policies": [], "roles": [
      {"name": "idle-host", "arn": "arn:aws:iam::111122223333:role/idle-host", "trust": {"Statement": []}}],
     "instance_profiles": [
      {"name": "idle-host", "arn": "arn:aws:iam::111122223333:instance-profile/idle-host", "roles": ["idle-host"]}],
     "regions": [{"name": "eu-west-1", "instances": [], "launch_templates": [], "launch_configurations": [],
       "scaling_groups": []}]}
    ```

    ## Good
    ```json
    {"users": [], "groups": [], "policies": [], "roles": [
      {"name": "busy-host", "arn": "arn:aws:iam::111122223333:role/busy-host", "trust": {"Statement": []}}],
     "instance_profiles": [
      {"name": "busy-host", "arn": "arn:aws:iam::111122223333:instance-profile/busy-host", "roles": ["busy-host"]}],
     "regions": [{"name": "eu-west-1", "launch_templates": [], "launch_configurations": [], "scaling_groups": [],
       "instances": [{"id": "i-0a", "arn": "arn:aws:ec2:eu-west-1:111122223333:instance/i-0a",
         "instance_profile": "arn:aws:iam::111122223333:instance-profile/busy-host"}]}]}
    ```
    """
    uses = uses_of(scene.account)
    if not profile.roles or uses.machines.get(profile.name) or uses.launches.get(profile.name):
        return None
    if uses.unread is not None:
        raise NotCollected(uses.unread)
    role = role_of(profile.name, scene.account)
    if role is None:
        return None
    if not role.tells_use:
        raise Undetermined(f"the snapshot does not tell when {role.name} was last used")
    since = role.last_used or role.created
    if since is not None and scene.at - since <= timedelta(scene.parameters.days):
        return None
    privilege, unclear = known_privilege(role, scene.account)
    commands, undo = _removal(profile, role)
    return Hit(
        f"No instance, launch template or launch configuration uses it. It carries the role {role.name}"
        + (f", {privilege.words}." if privilege else f"; what this may do is not known: {unclear}."),
        material=("instance-profile:unused", *powers(privilege)),
        details={
            "role": role.arn,
            "role_last_used": role.last_used,
            "privilege": privilege.kind if privilege else None,
        },
        severity="medium" if privilege and privilege.is_high else "low",
        confidence="medium",
        commands=commands,
        undo=undo,
    )


def _removal(profile: InstanceProfile, role: Role) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The commands that take a profile away, and those that bring it back."""
    name, carried = option("--instance-profile-name", profile.name), option("--role-name", role.name)
    path = profile.arn.partition(":instance-profile")[2][: -len(profile.name)]
    placed = f" {option('--path', path)}" if path not in ("", "/") else ""
    return (
        f"{command('aws', 'iam', 'remove-role-from-instance-profile')} {name} {carried}",
        f"{command('aws', 'iam', 'delete-instance-profile')} {name}",
    ), (
        f"{command('aws', 'iam', 'create-instance-profile')} {name}{placed}",
        f"{command('aws', 'iam', 'add-role-to-instance-profile')} {name} {carried}",
    )
