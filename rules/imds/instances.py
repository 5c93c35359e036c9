"""Instances that give away their credentials: IMDSv1 answers any request that gets to it, IMDSv2 asks for a token."""

from __future__ import annotations

from rules.frameworks import attack, cis, csf, well_architected
from rules.imds.carried import max_session, powers, role_of, runs_containers
from rules.imds.machines import CARRYING, ESCALATING, REACHING, Machine, Seen, answers_v1, machines, seen
from scanner.engine import Hit, NoParameters, Scene, rule
from scanner.findings import Confidence, Severity
from scanner.inventory import Account, Instance, MetadataOptions, Undetermined
from scanner.shell import command, option

_CONTROLS = (*csf("PR.PS-01"), *well_architected("SEC06-BP02"), *attack(v18="T1552.005"))
_GUIDE = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/"


@rule(
    "imds-v1-instance",
    severity="high",
    phase="contain",
    subjects=machines,
    apis=(*REACHING, *CARRYING, *ESCALATING, "iam:ListRoles"),
    controls=(
        *cis(v7="6.7", v5="5.7"),
        *csf("PR.PS-01", "ID.RA-05"),
        *well_architected("SEC06-BP02", "SEC03-BP02"),
        *attack(v18="T1552.005"),
    ),
    references=(
        f"{_GUIDE}configuring-IMDS-existing-instances.html",
        f"{_GUIDE}instance-metadata-security-credentials.html",
    ),
)
def imds_v1_instance(machine: Machine, scene: Scene[NoParameters]) -> Hit | None:
    """An instance answers IMDSv1, which gives its role's credentials to any request that reaches it.

    ## Why
    One request forgery in an application on the instance is enough to read the role's credentials from
    169.254.169.254 and use them elsewhere: no token is asked for. This is how instance credentials are stolen most.
    They live for about six hours, and the thief gets new ones as long as the hole is there, so that revoking sessions
    alone does not end it. Severity follows what comes together, and every factor is named: critical where the
    internet reaches the instance (by its address, route and security groups, or by a load balancer) and its role is an
    administrator or can make itself one; high where one of the two holds; medium with any other role; low without a
    role. A factor that could not be read does not count, and is named, too; nor is an instance reached while it is
    stopped. Network ACLs, VPC Block Public Access and firewalls are not looked at.

    ## Fix
    Require session tokens (IMDSv2). First look at the CloudWatch metric MetadataNoToken of the instance: zero for some
    weeks means that nothing on it still uses IMDSv1. In CloudTrail, calls with credentials that IMDSv1 gave carry
    ec2RoleDelivery 1.0. Where the role is wide, narrow it, too.

    ## Breaks
    Software on the instance that asks without a token: old SDKs (before 2019-11), scripts that call curl plainly.

    ## Bad
    ```json
    {"regions": [{"name": "eu-west-1", "instances": [
      {"id": "i-0a", "arn": "arn:aws:ec2:eu-west-1:111122223333:instance/i-0a", "state": "running",
       "metadata": {"tokens": "optional", "endpoint": "enabled"}}]}]}
    ```

    ## Good
    ```json
    {"regions": [{"name": "eu-west-1", "instances": [
      {"id": "i-0a", "arn": "arn:aws:ec2:eu-west-1:111122223333:instance/i-0a", "state": "stopped",
       "metadata": {"tokens": "required", "endpoint": "enabled"}},
      {"id": "i-0b", "arn": "arn:aws:ec2:eu-west-1:111122223333:instance/i-0b", "state": "running",
       "metadata": {"tokens": "optional", "endpoint": "disabled"}},
      {"id": "i-0c", "arn": "arn:aws:ec2:eu-west-1:111122223333:instance/i-0c", "state": "terminated",
       "metadata": {"tokens": "optional", "endpoint": "enabled"}}]}]}
    ```
    """
    instance = machine.instance
    if not answers_v1(instance):
        return None
    found = seen(machine, scene.account)
    severity = _severity(instance, found)
    change = ("aws", "ec2", "modify-instance-metadata-options")
    place = (option("--instance-id", instance.id), option("--region", machine.region.name))
    return Hit(
        f"It answers IMDSv1. {_of_role(instance, found)} {_of_reach(found)}{_of_state(found)}",
        material=_material(instance, found),
        details=_details(instance, found, scene.account),
        severity=severity,
        confidence=_confidence(severity, found),
        commands=(" ".join((command(*change, "--http-tokens", "required"), *place)),),
        undo=(" ".join((command(*change, "--http-tokens", "optional"), *place)),),
    )


def _has_role(instance: Instance, found: Seen) -> bool:
    """Whether there are credentials to steal, as far as is known."""
    return instance.instance_profile is not None and (found.role is not None or bool(found.unclear))


def _severity(instance: Instance, found: Seen) -> Severity:
    if not _has_role(instance, found):
        return "low"
    if found.is_reached and found.is_privileged:
        return "critical"
    return "high" if found.is_reached or found.is_privileged else "medium"


def _confidence(severity: Severity, found: Seen) -> Confidence:
    """That it answers IMDSv1 is certain; how bad that is may hang on something likely."""
    of_reach = severity in {"critical", "high"} and found.is_reached and found.reach.confidence != "high"
    of_role = found.privilege is not None and found.is_privileged and found.privilege.confidence != "high"
    return "medium" if of_reach or of_role else "high"


def _of_role(instance: Instance, found: Seen) -> str:
    if instance.instance_profile is None:
        return "It carries no instance profile, so there are no role credentials to steal at present."
    if found.unclear:
        named = f"the role {found.role.name}" if found.role else f"the instance profile {instance.instance_profile}"
        return f"It hands out the credentials of {named}; what these may do is not known: {found.unclear}."
    if found.role is None or found.privilege is None:
        return f"Its instance profile {instance.instance_profile} carries no role at present."
    return f"It hands out the credentials of the role {found.role.name}, {found.privilege.words}."


def _of_reach(found: Seen) -> str:
    told = {
        "reached": "The internet reaches it: {}.",
        "limited": "Of the internet, some addresses reach it: {}.",
        "hidden": "The internet does not reach it: {}.",
        "open": "Whether the internet reaches it is not known: {}.",
    }
    return told[found.reach.kind].format(found.reach.words)


def _of_state(found: Seen) -> str:
    return " It is stopped, and answers when it is started again." if found.is_stopped else ""


def _material(instance: Instance, found: Seen) -> tuple[str, ...]:
    tokens = ["imds:tokens-optional"]
    if _has_role(instance, found):
        tokens.append("instance-profile")
    if found.is_reached:
        tokens.append("reached-from-internet")
    return (*tokens, *powers(found.privilege))


def _details(instance: Instance, found: Seen, account: Account) -> dict[str, object]:
    options = instance.metadata or MetadataOptions()
    role, privilege = found.role, found.privilege
    return {
        "http_tokens": options.tokens,
        "http_endpoint": options.endpoint,
        "hop_limit": options.hop_limit,
        "instance_profile": instance.instance_profile,
        "state": instance.state,
        "factors": {
            "imds": "v1",
            "reach": {"kind": found.reach.kind, "way": found.reach.words, "confidence": found.reach.confidence},
            "role": {
                "arn": role.arn if role else None,
                "privilege": privilege.kind if privilege else None,
                "not_known": found.unclear or None,
            },
        },
        "sessions": {
            "instance_hours": 6,
            "chained_hours": 1,
            "role_max_seconds": max_session(role, account) if role else None,
        },
    }


@rule(
    "imds-hop-limit",
    severity="medium",
    phase="contain",
    subjects=machines,
    apis=("ec2:DescribeInstances", *CARRYING),
    controls=_CONTROLS,
    references=(f"{_GUIDE}configuring-IMDS-existing-instances.html",),
)
def imds_hop_limit(machine: Machine, scene: Scene[NoParameters]) -> Hit | None:
    """Tokens of the metadata service travel further than the instance itself.

    ## Why
    The answer that carries a token may make as many hops as the limit says. With 1 it does not leave the instance:
    neither a container in a network of its own, nor a proxy or tunnel that somebody set up on it, can get one. With
    more, whoever breaks into one container has the credentials of the whole instance. Low without a role. For
    information where the policies on the role say that containers run there, since these may need it; low there
    above 2. Nothing is said of an instance that answers IMDSv1: that asks for no token, so that the limit protects
    nothing.

    ## Fix
    Set the limit to 1. On hosts of containers give each task or pod a role of its own (task roles, EKS Pod Identity),
    block 169.254.169.254 for them, and set it to 1 then.

    ## Breaks
    Containers in a network of their own that use the role of the instance.

    ## Bad
    ```json
    {"instance_profiles": [], "roles": [], "regions": [{"name": "eu-west-1", "instances": [
      {"id": "i-0a", "arn": "arn:aws:ec2:eu-west-1:111122223333:instance/i-0a", "state": "running",
       "metadata": {"tokens": "required", "endpoint": "enabled", "hop_limit": 2}}]}]}
    ```

    ## Good
    ```json
    {"regions": [{"name": "eu-west-1", "instances": [
      {"id": "i-0a", "arn": "arn:aws:ec2:eu-west-1:111122223333:instance/i-0a", "state": "running",
       "metadata": {"tokens": "required", "endpoint": "enabled", "hop_limit": 1}},
      {"id": "i-0b", "arn": "arn:aws:ec2:eu-west-1:111122223333:instance/i-0b", "state": "running",
       "metadata": {"tokens": "required", "endpoint": "disabled", "hop_limit": 2}}]}]}
    ```
    """
    instance = machine.instance
    options = instance.metadata
    if options is not None and options.endpoint == "disabled":
        return None
    if answers_v1(instance):
        return None
    if options is None or options.hop_limit is None:
        raise Undetermined(f"the answer for {instance.id} holds no hop limit")
    if options.hop_limit <= 1:
        return None
    role = role_of(instance.instance_profile, scene.account)
    hosts = runs_containers(role, scene.account)
    severity: Severity = "info" if hosts and options.hop_limit <= 2 else "low" if hosts or role is None else "medium"
    change = ("aws", "ec2", "modify-instance-metadata-options")
    place = (option("--instance-id", instance.id), option("--region", machine.region.name))
    hop = command(*change, "--http-put-response-hop-limit")
    return Hit(
        f"The hop limit is {options.hop_limit}. {_of_containers(instance, hosts=hosts, has_role=role is not None)}",
        material=("imds:hop-limit", *(("instance-profile",) if role else ())),
        details={
            "hop_limit": options.hop_limit,
            "instance_profile": instance.instance_profile,
            "role": role.arn if role else None,
            "container_host": hosts,
        },
        severity=severity,
        commands=() if hosts else (" ".join((hop, "1", *place)),),
        undo=() if hosts else (" ".join((hop, str(options.hop_limit), *place)),),
    )


def _of_containers(instance: Instance, *, hosts: bool, has_role: bool) -> str:
    if not has_role:
        return "It carries no role, so there are no role credentials to steal at present."
    if hosts:
        return "Policies on its role say that containers run there; block the metadata address for those."
    return f"It carries the instance profile {instance.instance_profile}, and nothing says that containers run there."
