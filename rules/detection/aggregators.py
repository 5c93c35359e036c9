"""The aggregator of AWS Config, by which one question reaches every account and region."""

from __future__ import annotations

from collections.abc import Iterator

from rules.frameworks import attack, csf, well_architected
from scanner.engine import Hit, NoParameters, Scene, Subject, Unread, rule
from scanner.engine.subjects import account_resource
from scanner.inventory import Account, Gap, NotCollected

_AGGREGATORS = "config:DescribeConfigurationAggregators"
_CONFIG = frozenset({"config.amazonaws.com", "config-multiaccountsetup.amazonaws.com"})


def _seats(account: Account) -> Iterator[Subject[Account] | Unread]:
    """The account in which the organization's aggregator has to be: the delegate, or without one the management."""
    facts, resource = account.organization, account_resource(account)
    if isinstance(facts.membership, Gap):
        yield Unread(resource, facts.membership)
        return
    if facts.membership is None:
        return
    if isinstance(facts.delegates, Gap):
        # A delegate may list the delegates: whoever is refused by the organization is none.
        if facts.delegates.status != "elsewhere":
            yield Unread(resource, facts.delegates)
        return
    seats = set()
    for delegate in facts.delegates:
        if isinstance(delegate.services, Gap):
            yield Unread(resource, delegate.services)
            return
        if _CONFIG & set(delegate.services):
            seats.add(delegate.account_id)
    if account.account_id in (seats or {facts.membership.management_account}):
        yield Subject(resource, account)


@rule(
    "config-aggregator-missing",
    severity="medium",
    phase="investigate",
    subjects=_seats,
    apis=(
        "organizations:DescribeOrganization",
        "organizations:ListDelegatedAdministrators",
        "organizations:ListDelegatedServicesForAccount",
        _AGGREGATORS,
    ),
    controls=(*csf("DE.CM-01"), *well_architected("SEC04-BP02"), *attack(v18="T1562.001", v19="T1685")),
    references=("https://docs.aws.amazon.com/config/latest/developerguide/aggregate-data.html",),
)
def config_aggregator_missing(account: Account, _: Scene[NoParameters]) -> Hit | None:
    """No aggregator of AWS Config takes in the whole organization.

    ## Why
    Where else does this key, this role, this address occur? Without an aggregator over all accounts and regions the
    question is put to each account and each region by itself, in the night of the break-in. Asked of the delegated
    administrator of Config, or of the management account where there is none.

    ## Fix
    Create an aggregator with the organization as its source, over all regions, in the delegated administrator.

    ## Breaks
    Nothing; an aggregator only reads.

    ## Bad
    ```json
    {"organization": {"membership": {"kind": "organization", "id": "o-exampleorg",
                                     "management_account": "777788889999", "feature_set": "ALL"},
                      "delegates": [{"account_id": "111122223333", "services": ["config.amazonaws.com"]}]},
     "regions": [{"name": "eu-west-1", "aggregators": [{"name": "own", "all_regions": true}]}]}
    ```

    ## Good
    ```json
    {"organization": {"membership": {"kind": "organization", "id": "o-exampleorg",
                                     "management_account": "777788889999", "feature_set": "ALL"},
                      "delegates": [{"account_id": "111122223333", "services": ["config.amazonaws.com"]}]},
     "regions": [{"name": "eu-west-1", "aggregators": []},
                 {"name": "us-east-1", "aggregators": [
                   {"name": "all", "is_organization": true, "all_regions": true}]}]}
    ```
    """
    gaps: list[Gap] = []
    some: list[str] = []
    for region in account.regions:
        if isinstance(region.aggregators, Gap):
            gaps += [region.aggregators] if region.aggregators.status != "not_applicable" else []
            continue
        if any(each.is_organization and each.all_regions for each in region.aggregators):
            return None
        some += [f"{each.name} in {region.name}" for each in region.aggregators if each.is_organization]
    if account.other_regions is not None:
        gaps.append(account.other_regions)
    if not account.regions:
        gaps.append(Gap(_AGGREGATORS, "skipped", "*"))
    for gap in gaps:
        raise NotCollected(gap)
    told = f" {some[0]} leaves regions out." if some else ""
    return Hit(
        f"No aggregator has all accounts and all regions of the organization.{told}",
        material=("config:aggregator-partial" if some else "config:no-aggregator",),
        details={"partial": some},
        severity="low" if some else None,
    )
