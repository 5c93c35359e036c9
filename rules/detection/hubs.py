"""Security Hub, where findings of all services meet."""

from __future__ import annotations

from rules.frameworks import attack, cis, csf, well_architected
from scanner.engine import Hit, NoParameters, Scene, rule
from scanner.engine.subjects import regions
from scanner.inventory import Gap, NotCollected, Region
from scanner.shell import command, option


@rule(
    "security-hub-off",
    severity="medium",
    phase="detect",
    subjects=regions,
    apis=("securityhub:DescribeHub", "securityhub:DescribeSecurityHubV2"),
    controls=(
        *cis(v7="5.16", v5="4.16"), *csf("DE.CM-06"), *well_architected("SEC04-BP03"),
        *attack(v18="T1562.001", v19="T1685"),
    ),
    references=(
        "https://docs.aws.amazon.com/securityhub/latest/userguide/what-is-securityhub.html",
        "https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_EnableSecurityHubV2.html",
    ),
    where_watched=True,
)  # fmt: skip
def security_hub_off(region: Region, _: Scene[NoParameters]) -> Hit | None:
    """Security Hub is off in a region.

    ## Why
    Findings of GuardDuty, Access Analyzer, Config and other services lie each in its own console and region; what
    nobody gathers nobody reads. Both forms count: Security Hub CSPM, and the newer Security Hub.

    ## Fix
    Enable it in every region in use, from a delegated administrator for all accounts, and gather the findings in one
    region.

    ## Breaks
    Nothing but the bill; its standards need AWS Config to record.

    ## Bad
    ```json
    {"regions": [{"name": "eu-west-3", "security_hub": null, "security_hub_v2": null}]}
    ```

    ## Good
    ```json
    {"regions": [{"name": "eu-west-3", "security_hub": null,
      "security_hub_v2": {"kind": "security-hub-v2",
                          "arn": "arn:aws:securityhub:eu-west-3:111122223333:hubv2/4c1f4c1f"}}]}
    ```
    """
    hubs = (region.security_hub, region.security_hub_v2)
    if any(hub is not None and not isinstance(hub, Gap) for hub in hubs):
        return None
    gaps = [hub for hub in hubs if isinstance(hub, Gap)]
    if len(gaps) == len(hubs) and all(gap.status == "not_applicable" for gap in gaps):
        return None
    for gap in gaps:
        if gap.status != "not_applicable":
            raise NotCollected(gap)
    place = option("--region", region.name)
    return Hit(
        f"Neither form of Security Hub is on in {region.name}.",
        material=("security-hub:off",),
        commands=(f"{command('aws', 'securityhub', 'enable-security-hub')} {place}",),
        undo=(f"{command('aws', 'securityhub', 'disable-security-hub')} {place}",),
    )
