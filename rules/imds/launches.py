"""What future instances get: the launch templates and launch configurations from which they are launched."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from rules.frameworks import attack, csf, well_architected
from scanner.effective_imds import Level, UsedVersion, answers_v1, versions_in_use
from scanner.engine import Hit, NoParameters, Scene, Subject, Unread, rule
from scanner.engine.subjects import account_resource, unlisted_regions
from scanner.findings import Resource, Severity
from scanner.inventory import Account, Gap, LaunchConfiguration, MetadataOptions, Region, Undetermined, known
from scanner.shell import command, option

_CONTROLS = (*csf("PR.PS-01"), *well_architected("SEC06-BP02"), *attack(v18="T1552.005"))
_GUIDE = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/"
_SCALING = "https://docs.aws.amazon.com/autoscaling/ec2/userguide/"
_MOST_NAMED = 5
_NEW_VERSION = '"${NEW_VERSION:?the version number that was printed}"'


class TemplateInRegion(msgspec.Struct, frozen=True):
    """A launch template with the versions of it that are used, and the region that decides where these say nothing."""

    used: tuple[UsedVersion, ...]
    region: Region


def _templates(account: Account) -> Iterator[Subject[TemplateInRegion] | Unread]:
    for region in account.regions:
        if isinstance(region.launch_templates, Gap):
            yield Unread(account_resource(account, region.name), region.launch_templates)
            continue
        groups = () if isinstance(region.scaling_groups, Gap) else region.scaling_groups
        for used in versions_in_use(region.launch_templates, groups).values():
            version = used[0].version
            resource = Resource(version.arn, "AWS::EC2::LaunchTemplate", version.name, account.account_id, region.name)
            yield Subject(resource, TemplateInRegion(tuple(used), region))
    yield from unlisted_regions(account)


class _Loose(msgspec.Struct, frozen=True):
    used: UsedVersion
    level: Level


@rule(
    "imds-v1-launch-template",
    severity="high",
    phase="contain",
    subjects=_templates,
    apis=(
        "ec2:DescribeLaunchTemplateVersions",
        "ec2:GetInstanceMetadataDefaults",
        "ec2:DescribeImages",
        "autoscaling:DescribeAutoScalingGroups",
    ),
    controls=_CONTROLS,
    references=(f"{_GUIDE}configuring-IMDS-new-instances.html", f"{_SCALING}launch-templates.html"),
)
def imds_v1_launch_template(template: TemplateInRegion, _: Scene[NoParameters]) -> Hit | None:
    """A launch template version that is used launches instances that answer IMDSv1.

    ## Why
    Every instance that is launched from it, by an Auto Scaling group in the night too, opens the way to its role's
    credentials again. Judged are the default version, which whoever names no version gets, and each version that an
    Auto Scaling group launches from (by number, $Default or $Latest, with the image that the group puts in its place).
    That another version has the right setting is no help, and an old one with the wrong setting does no harm. Where a
    version says nothing, the account's default decides, then the image. Medium for a template that names no instance
    profile.

    ## Fix
    Make a version whose metadata options require tokens, and make it the default; let Auto Scaling groups that name a
    version by its number launch from it.

    ## Breaks
    Software on the new instances that asks the metadata service without a token. Groups that launch from $Latest use
    the new version as soon as it is made.

    ## Bad
    ```json
    {"regions": [{"name": "eu-west-1", "imds_defaults": {"kind": "imds-defaults", "options": {}}, "images": [],
      "scaling_groups": [], "launch_templates": [
        {"template_id": "lt-0a", "arn": "arn:aws:ec2:eu-west-1:111122223333:launch-template/lt-0a", "name": "web",
         "version": 2, "is_default": true, "metadata": {"tokens": "optional"}}]}]}
    ```

    ## Good
    ```json
    {"regions": [{"name": "eu-west-1", "imds_defaults": {"kind": "imds-defaults", "options": {"tokens": "required"}},
      "images": [], "scaling_groups": [], "launch_templates": [
        {"template_id": "lt-0a", "arn": "arn:aws:ec2:eu-west-1:111122223333:launch-template/lt-0a", "name": "web",
         "version": 2, "is_default": true, "metadata": {"tokens": "required"}},
        {"template_id": "lt-0b", "arn": "arn:aws:ec2:eu-west-1:111122223333:launch-template/lt-0b", "name": "batch",
         "version": 1, "is_default": true},
        {"template_id": "lt-0c", "arn": "arn:aws:ec2:eu-west-1:111122223333:launch-template/lt-0c", "name": "old",
         "version": 1, "is_latest": true, "metadata": {"tokens": "optional"}}]}]}
    ```
    """
    region = template.region
    loose: list[_Loose] = []
    unclear: Undetermined | None = None
    for used in template.used:
        try:
            level = answers_v1(used.version, region.imds_defaults, region.images)
        except Undetermined as missing:
            unclear = unclear or missing
        else:
            loose += [] if level is None else [_Loose(used, level)]
    if not loose:
        if unclear is not None:
            raise unclear
        # Which other versions are used is not known where the groups are not.
        known(region.scaling_groups)
        return None
    commands, undo = _new_version(loose[0].used, template)
    profiles = sorted({each.used.version.instance_profile for each in loose if each.used.version.instance_profile})
    return Hit(
        " ".join(_told(each) for each in loose),
        material=("imds:tokens-optional", *(f"launched-by:{name}" for each in loose for name in each.used.groups)),
        details={
            "versions": [
                {
                    "version": each.used.version.version,
                    "is_default": each.used.version.is_default,
                    "decided_by": each.level,
                    "auto_scaling_groups": each.used.groups,
                    "image": each.used.version.image,
                }
                for each in loose
            ],
            "instance_profiles": profiles,
        },
        severity="high" if profiles else "medium",
        commands=commands,
        undo=undo,
    )


def _told(loose: _Loose) -> str:
    version, groups = loose.used.version, loose.used.groups
    named = f"Version {version.version}"
    which = f"{named}, the default," if version.is_default else named
    what = "allows IMDSv1" if loose.level != "nothing" else "says nothing, and nothing else requires tokens"
    if not groups:
        return f"{which} {what}."
    more = f" and {len(groups) - _MOST_NAMED} more" if len(groups) > _MOST_NAMED else ""
    listed = f"{', '.join(groups[:_MOST_NAMED])}{more}"
    return f"{which} {what}; the Auto Scaling group{'s' if len(groups) > 1 else ''} {listed} launch from it."


def _new_version(used: UsedVersion, template: TemplateInRegion) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The commands that make a better version the default, and those that take it back.

    A group that launches from $Latest does so from the new version at once, so that undoing means to delete it.
    """
    version = used.version
    default = next((each.version.version for each in template.used if each.version.is_default), None)
    place = (option("--launch-template-id", version.template_id), option("--region", template.region.name))
    create = command(
        "aws", "ec2", "create-launch-template-version", "--source-version", str(version.version),
        "--launch-template-data", _data(version.metadata),
    )  # fmt: skip
    delete = f"aws ec2 delete-launch-template-versions --versions {_NEW_VERSION}"
    away = " ".join((delete, *place))
    if not version.is_default or default is None:
        return (" ".join((create, *place)),), (away,)
    make = "aws ec2 modify-launch-template --default-version"
    commands = (" ".join((create, *place)), " ".join((f"{make} {_NEW_VERSION}", *place)))
    return commands, (" ".join((f"{make} {default}", *place)), away)


def _data(options: MetadataOptions | None) -> str:
    """What differs in the new version; the metadata options are replaced as a whole, so that all are named."""
    said: dict[str, object] = {"HttpTokens": "required", "HttpEndpoint": "enabled"}
    if options is not None:
        others = (options.hop_limit, options.ipv6, options.tags)
        names = ("HttpPutResponseHopLimit", "HttpProtocolIpv6", "InstanceMetadataTags")
        said |= {name: value for name, value in zip(names, others, strict=True) if value is not None}
    return msgspec.json.encode({"MetadataOptions": said}).decode()


class ConfigurationInRegion(msgspec.Struct, frozen=True):
    """A launch configuration with the groups that launch from it; a gap where these are not known."""

    configuration: LaunchConfiguration
    region: Region
    groups: tuple[str, ...] | Gap


def _configurations(account: Account) -> Iterator[Subject[ConfigurationInRegion] | Unread]:
    for region in account.regions:
        if isinstance(region.launch_configurations, Gap):
            yield Unread(account_resource(account, region.name), region.launch_configurations)
            continue
        using: dict[str, list[str]] = {}
        for group in () if isinstance(region.scaling_groups, Gap) else region.scaling_groups:
            using.setdefault(group.launch_configuration or "", []).append(group.name)
        for each in region.launch_configurations:
            groups = tuple(sorted(using.get(each.name, ())))
            gap = region.scaling_groups if isinstance(region.scaling_groups, Gap) else None
            resource = Resource(
                each.arn, "AWS::AutoScaling::LaunchConfiguration", each.name, account.account_id, region.name
            )
            yield Subject(resource, ConfigurationInRegion(each, region, groups if gap is None else gap))
    yield from unlisted_regions(account)


@rule(
    "imds-v1-launch-configuration",
    severity="high",
    phase="contain",
    subjects=_configurations,
    apis=(
        "autoscaling:DescribeLaunchConfigurations",
        "autoscaling:DescribeAutoScalingGroups",
        "ec2:GetInstanceMetadataDefaults",
        "ec2:DescribeImages",
    ),
    controls=_CONTROLS,
    references=(f"{_SCALING}launch-configurations.html", f"{_GUIDE}configuring-IMDS-new-instances.html"),
)
def imds_v1_launch_configuration(found: ConfigurationInRegion, _: Scene[NoParameters]) -> Hit | None:
    """A launch configuration launches instances that answer IMDSv1.

    ## Why
    Launch configurations are old, cannot be changed, and say nothing of the metadata service unless somebody thought
    of it; each instance that an Auto Scaling group launches from it opens the way to its role's credentials again.
    High where a group launches from it with an instance profile, medium without one, low where no group uses it: then
    nothing is launched from it until somebody names it.

    ## Fix
    Move the group to a launch template that requires tokens, then delete the launch configuration.

    ## Breaks
    Software on the new instances that asks the metadata service without a token.

    ## Bad
    ```json
    {"regions": [{"name": "eu-west-1", "imds_defaults": {"kind": "imds-defaults", "options": {}}, "images": [],
      "scaling_groups": [{"name": "web", "arn": "arn:g", "launch_configuration": "web-2019"}],
      "launch_configurations": [{"name": "web-2019", "arn": "arn:c", "instance_profile": "web"}]}]}
    ```

    ## Good
    ```json
    {"regions": [{"name": "eu-west-1", "imds_defaults": {"kind": "imds-defaults", "options": {}}, "images": [],
      "scaling_groups": [{"name": "web", "arn": "arn:g", "launch_configuration": "web-2022"}],
      "launch_configurations": [{"name": "web-2022", "arn": "arn:c", "metadata": {"tokens": "required"}}]}]}
    ```
    """
    configuration, region = found.configuration, found.region
    level = answers_v1(configuration, region.imds_defaults, region.images)
    if level is None:
        return None
    groups = () if isinstance(found.groups, Gap) else found.groups
    used = f"{', '.join(groups[:_MOST_NAMED])} launch{'es' if len(groups) == 1 else ''} from it" if groups else ""
    unused = "whether a group uses it is not known" if isinstance(found.groups, Gap) else "no group uses it"
    severity: Severity = "low" if not groups else "high" if configuration.instance_profile else "medium"
    metadata = configuration.metadata
    return Hit(
        f"It {'says nothing, and nothing else requires tokens' if level == 'nothing' else 'allows IMDSv1'}; "
        f"{used or unused}.",
        material=("imds:tokens-optional", *(f"launched-by:{name}" for name in groups)),
        details={
            "decided_by": level,
            "auto_scaling_groups": groups,
            "instance_profile": configuration.instance_profile,
            "hop_limit": metadata.hop_limit if metadata else None,
        },
        severity=severity,
    )
