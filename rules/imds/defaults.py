"""What a launch that names nothing gets: the account's defaults of each region, used or not."""

from __future__ import annotations

from rules.frameworks import attack, csf, well_architected
from scanner.effective_imds import declared_tokens, enforces_tokens
from scanner.engine import Hit, NoParameters, Scene, rule
from scanner.engine.subjects import regions
from scanner.inventory import Account, Gap, MetadataDefaults, Region, Undetermined, known
from scanner.shell import command, option

_CONTROLS = (*csf("PR.PS-01"), *well_architected("SEC01-BP06"), *attack(v18="T1552.005"))
_GUIDE = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/"
_POLICIES = "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_declarative.html"


@rule(
    "imds-account-default",
    severity="medium",
    phase="contain",
    subjects=regions,
    apis=("ec2:GetInstanceMetadataDefaults", "organizations:DescribeEffectivePolicy"),
    controls=_CONTROLS,
    references=(f"{_GUIDE}configuring-IMDS-new-instances.html", _POLICIES),
)
def imds_account_default(region: Region, scene: Scene[NoParameters]) -> Hit | None:
    """A region's account default lets new instances answer IMDSv1.

    ## Why
    Whoever launches without saying more gets IMDSv1 (unless the image asks for IMDSv2), also in a region that nobody
    uses: exactly where an attacker, or a forgotten script, launches. Regions without instances count for that reason.

    ## Fix
    Set the account default of the region to required; it is used where a launch says nothing. In an organization, a
    declarative policy for EC2 sets it for every account and region, and no account can change it then.

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
    change = ("aws", "ec2", "modify-instance-metadata-defaults", "--http-tokens")
    place = option("--region", region.name)
    declared = _declared(scene.account)
    return Hit(
        f"The account default for tokens is {options.tokens or 'not set'}.{_by_policy(defaults, declared)}",
        material=("imds:default-tokens-not-required",),
        details={"http_tokens": options.tokens, "managed_by": defaults.managed_by, "declared": declared},
        commands=() if _is_managed(defaults) else (f"{command(*change, 'required')} {place}",),
        undo=() if _is_managed(defaults) else (f"{command(*change, options.tokens or 'no-preference')} {place}",),
    )


def _is_managed(defaults: MetadataDefaults) -> bool:
    """Whether the organization sets the defaults, so that the account cannot."""
    return defaults.managed_by == "declarative-policy"


def _declared(account: Account) -> str | None:
    """What the organization declares for tokens, as far as that was read."""
    policy = account.organization.declarative_ec2
    if policy is None or isinstance(policy, Gap):
        return None
    try:
        return declared_tokens(bytes(policy.document))
    except Undetermined:
        return None


def _by_policy(defaults: MetadataDefaults, declared: str | None) -> str:
    if _is_managed(defaults):
        return " A declarative policy of the organization sets it, so that it can be changed only there."
    if declared == "required":
        return " The declarative policy in force says required, and has not reached this region."
    return ""


@rule(
    "imds-not-enforced",
    severity="low",
    phase="contain",
    subjects=regions,
    apis=("ec2:GetInstanceMetadataDefaults",),
    controls=_CONTROLS,
    references=(f"{_GUIDE}configuring-IMDS-new-instances.html", _POLICIES),
)
def imds_not_enforced(region: Region, _: Scene[NoParameters]) -> Hit | None:
    """In a region, whoever launches an instance can still ask for IMDSv1.

    ## Why
    A default is for those who say nothing. A launch, a template or a call that asks for optional tokens gets them, and
    a thief who may change the settings of an instance switches its protection off. Where the account enforces tokens,
    such launches and changes are refused, whoever makes them.

    ## Fix
    First mend what still allows IMDSv1: instances, launch templates, the account default. Then enforce tokens in the
    region, or by a declarative policy of the organization.

    ## Breaks
    Every launch that does not require tokens is refused: templates, fleets and scripts that ask for optional ones.

    ## Bad
    ```json
    {"regions": [{"name": "eu-west-1",
      "imds_defaults": {"kind": "imds-defaults", "options": {"tokens": "required"}}}]}
    ```

    ## Good
    ```json
    {"regions": [{"name": "eu-west-1",
      "imds_defaults": {"kind": "imds-defaults", "options": {"tokens": "required"}, "tokens_enforced": "enabled"}}]}
    ```
    """
    defaults = known(region.imds_defaults)
    if enforces_tokens(defaults):
        return None
    change = ("aws", "ec2", "modify-instance-metadata-defaults", "--http-tokens-enforced")
    place = option("--region", region.name)
    managed = _is_managed(defaults)
    by_policy = " A declarative policy of the organization sets the defaults, so that it can be changed only there."
    return Hit(
        f"Whoever asks for IMDSv1 at a launch gets it.{by_policy if managed else ''}",
        material=("imds:tokens-not-enforced",),
        details={"http_tokens": defaults.options.tokens, "managed_by": defaults.managed_by},
        commands=() if managed else (f"{command(*change, 'enabled')} {place}",),
        undo=() if managed else (f"{command(*change, defaults.tokens_enforced or 'no-preference')} {place}",),
    )
