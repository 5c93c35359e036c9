"""How instances hand out credentials: IMDSv1 answers any request that reaches the instance, IMDSv2 asks for a token."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from rules.frameworks import attack, cis, csf, well_architected
from scanner.effective_imds import enforces_tokens, template_endpoint, template_tokens
from scanner.engine import Hit, NoParameters, Scene, Subject, Unread, rule
from scanner.engine.subjects import account_resource, in_regions, only, regions, unlisted_regions
from scanner.findings import Resource
from scanner.inventory import (
    Account,
    Gap,
    Image,
    Instance,
    LaunchTemplateVersion,
    MetadataDefaults,
    NotCollected,
    Region,
    Undetermined,
    known,
)
from scanner.shell import command, option

_CONTROLS = (*csf("PR.PS-01"), *well_architected("SEC06-BP02"), *attack(v18="T1552.005"))
_GUIDE = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/"


def _instance_resource(account: Account, region: Region, instance: Instance) -> Resource:
    return Resource(instance.arn, "AWS::EC2::Instance", instance.id, account.account_id, region.name)


_instances = only(
    in_regions(lambda region: region.instances, _instance_resource),
    lambda instance: instance.state not in {"terminated", "shutting-down"},
)


@rule(
    "imds-v1-instance",
    severity="high",
    phase="contain",
    subjects=_instances,
    apis=("ec2:DescribeInstances",),
    controls=(*cis(v7="6.7", v5="5.7"), *_CONTROLS),
    references=(f"{_GUIDE}configuring-IMDS-existing-instances.html",),
)
def imds_v1_instance(instance: Instance, _: Scene[NoParameters]) -> Hit | None:
    """An instance answers IMDSv1, which gives its role's credentials to any request that reaches it.

    ## Why
    One request forgery in an application on the instance is enough to read the role's credentials from
    169.254.169.254 and use them elsewhere: no token is asked for. This is how instance credentials are stolen most.

    ## Fix
    Require session tokens (IMDSv2). First look at the CloudWatch metric MetadataNoToken of the instance: zero for some
    weeks means that nothing on it still uses IMDSv1.

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
    options = instance.metadata
    if options is not None and (options.endpoint == "disabled" or options.tokens == "required"):
        return None
    if options is None or options.tokens is None:
        raise Undetermined(f"the answer for {instance.id} holds no metadata options")
    region = instance.arn.split(":")[3]
    place = (option("--instance-id", instance.id), option("--region", region))
    change = ("aws", "ec2", "modify-instance-metadata-options")
    with_role = instance.instance_profile is not None
    return Hit(
        f"It answers IMDSv1 and carries the instance profile {instance.instance_profile}."
        if with_role
        else "It answers IMDSv1. It carries no instance profile, so there are no role credentials to steal at present.",
        material=("imds:tokens-optional", *(("instance-profile",) if with_role else ())),
        details={
            "http_tokens": options.tokens,
            "http_endpoint": options.endpoint,
            "hop_limit": options.hop_limit,
            "instance_profile": instance.instance_profile,
            "state": instance.state,
        },
        severity="high" if with_role else "medium",
        commands=(" ".join((command(*change, "--http-tokens", "required"), *place)),),
        undo=(" ".join((command(*change, "--http-tokens", "optional"), *place)),),
    )


class TemplateInRegion(msgspec.Struct, frozen=True):
    """A launch template version with what decides where it says nothing itself."""

    version: LaunchTemplateVersion
    defaults: MetadataDefaults | Gap
    images: tuple[Image, ...] | Gap
    region: str


def _default_versions(account: Account) -> Iterator[Subject[TemplateInRegion] | Unread]:
    for region in account.regions:
        if isinstance(region.launch_templates, Gap):
            yield Unread(account_resource(account, region.name), region.launch_templates)
            continue
        for version in region.launch_templates:
            if version.is_default:
                resource = Resource(
                    version.arn, "AWS::EC2::LaunchTemplate", version.name, account.account_id, region.name
                )
                yield Subject(resource, TemplateInRegion(version, region.imds_defaults, region.images, region.name))
    yield from unlisted_regions(account)


@rule(
    "imds-v1-launch-template",
    severity="high",
    phase="contain",
    subjects=_default_versions,
    apis=("ec2:DescribeLaunchTemplateVersions", "ec2:GetInstanceMetadataDefaults", "ec2:DescribeImages"),
    controls=_CONTROLS,
    references=(f"{_GUIDE}configuring-IMDS-new-instances.html",),
)
def imds_v1_launch_template(template: TemplateInRegion, _: Scene[NoParameters]) -> Hit | None:
    """The default version of a launch template launches instances that answer IMDSv1.

    ## Why
    Every instance that is launched from it, by an Auto Scaling group in the night too, opens the way to its role's
    credentials again. Only the version that is really used counts: an older version with the right setting is no help.

    ## Fix
    Make a version whose metadata options require tokens, and make it the default.

    ## Breaks
    Software on the new instances that asks the metadata service without a token.

    ## Bad
    ```json
    {"regions": [{"name": "eu-west-1", "imds_defaults": {"kind": "imds-defaults", "options": {}}, "images": [],
      "launch_templates": [
        {"template_id": "lt-0a", "arn": "arn:aws:ec2:eu-west-1:111122223333:launch-template/lt-0a", "name": "web",
         "version": 2, "is_default": true, "metadata": {"tokens": "optional"}}]}]}
    ```

    ## Good
    ```json
    {"regions": [{"name": "eu-west-1", "imds_defaults": {"kind": "imds-defaults", "options": {"tokens": "required"}},
      "images": [], "launch_templates": [
        {"template_id": "lt-0a", "arn": "arn:aws:ec2:eu-west-1:111122223333:launch-template/lt-0a", "name": "web",
         "version": 2, "is_default": true, "metadata": {"tokens": "required"}},
        {"template_id": "lt-0b", "arn": "arn:aws:ec2:eu-west-1:111122223333:launch-template/lt-0b", "name": "batch",
         "version": 1, "is_default": true},
        {"template_id": "lt-0c", "arn": "arn:aws:ec2:eu-west-1:111122223333:launch-template/lt-0c", "name": "old",
         "version": 1, "is_latest": true, "metadata": {"tokens": "optional"}}]}]}
    ```
    """
    version = template.version
    if _is_switched_off(template):
        return None
    tokens, level = template_tokens(version, template.defaults, template.images)
    if tokens == "required" or template_endpoint(version, template.defaults) == "disabled":
        return None
    place = (option("--launch-template-id", version.template_id), option("--region", template.region))
    create = command(
        "aws", "ec2", "create-launch-template-version", "--source-version", str(version.version),
        "--launch-template-data", '{"MetadataOptions":{"HttpTokens":"required","HttpEndpoint":"enabled"}}',
    )  # fmt: skip
    make_default = "aws ec2 modify-launch-template --default-version"
    return Hit(
        f"Version {version.version}, the default, "
        + ("allows IMDSv1." if level != "nothing" else "says nothing, and nothing else requires tokens."),
        material=("imds:tokens-optional",),
        details={"version": version.version, "decided_by": level, "instance_profile": version.instance_profile},
        commands=(
            " ".join((create, *place)),
            " ".join((f'{make_default} "${{NEW_VERSION:?the version number that was printed}}"', *place)),
        ),
        undo=(" ".join((f"{make_default} {version.version}", *place)),),
    )


def _is_switched_off(template: TemplateInRegion) -> bool:
    """Whether the metadata service is known not to answer at all, so that nothing else matters."""
    try:
        return template_endpoint(template.version, template.defaults) == "disabled"
    except NotCollected:
        return False


@rule(
    "imds-account-default",
    severity="medium",
    phase="contain",
    subjects=regions,
    apis=("ec2:GetInstanceMetadataDefaults",),
    controls=(*csf("PR.PS-01"), *well_architected("SEC01-BP06"), *attack(v18="T1552.005")),
    references=(f"{_GUIDE}configuring-IMDS-new-instances.html",),
)
def imds_account_default(region: Region, _: Scene[NoParameters]) -> Hit | None:
    """A region's account default lets new instances answer IMDSv1.

    ## Why
    Whoever launches without saying more gets IMDSv1, also in a region that nobody uses: exactly where an attacker, or
    a forgotten script, launches. Regions without instances count for that reason.

    ## Fix
    Set the account default of the region to required; it is used where a launch says nothing. In an organization, a
    declarative policy sets it for every account.

    ## Breaks
    Launches from images whose software asks without a token. Running instances are not touched.

    ## Bad
    ```json
    {"regions": [{"name": "eu-west-1", "imds_defaults": {"kind": "imds-defaults", "options": {}}}]}
    ```

    ## Good
    ```json
    {"regions": [
      {"name": "eu-west-1", "imds_defaults": {"kind": "imds-defaults", "options": {"tokens": "required"}}},
      {"name": "eu-west-2", "imds_defaults": {"kind": "imds-defaults", "options": {"endpoint": "disabled"}}}]}
    ```
    """
    defaults = known(region.imds_defaults)
    options = defaults.options
    if options.tokens == "required" or options.endpoint == "disabled" or enforces_tokens(defaults):
        return None
    change, place = (
        ("aws", "ec2", "modify-instance-metadata-defaults", "--http-tokens"),
        option("--region", region.name),
    )
    return Hit(
        f"The account default for tokens is {options.tokens or 'not set'}.",
        material=("imds:default-tokens-not-required",),
        details={"http_tokens": options.tokens, "managed_by": defaults.managed_by},
        commands=(f"{command(*change, 'required')} {place}",),
        undo=(f"{command(*change, options.tokens or 'no-preference')} {place}",),
    )
