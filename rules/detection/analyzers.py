"""IAM Access Analyzer: who outside can reach what, and which access nobody uses."""

from __future__ import annotations

from rules.frameworks import attack, cis, csf, well_architected
from scanner.engine import Hit, NoParameters, Scene, rule
from scanner.engine.subjects import regions, the_account
from scanner.iam.remembered import Remembered
from scanner.inventory import Account, Analyzer, Gap, NotCollected, Region, known
from scanner.shell import command, option

_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
_LIST = "accessanalyzer:ListAnalyzers"
_ORGANIZATION = (
    "organizations:DescribeOrganization",
    "organizations:ListAWSServiceAccessForOrganization",
    "iam:GetAccountAuthorizationDetails",
)
_SERVICE = "access-analyzer.amazonaws.com"
_EXTERNAL = frozenset({"ACCOUNT", "ORGANIZATION"})
_UNUSED = frozenset({"ACCOUNT_UNUSED_ACCESS", "ORGANIZATION_UNUSED_ACCESS"})


def _is_its_role_possible(account: Account) -> bool:
    if isinstance(account.roles, Gap):
        return True
    return any(role.path == f"/aws-service-role/{_SERVICE}/" for role in account.roles)


# Every region without an analyzer asks.
_may_have_its_role = Remembered(_is_its_role_possible, most=2)


def _none_of_the_organization(account: Account, region: str) -> None:
    """Make sure that no analyzer of the organization reads this account; those are listed in its own account only.

    AWS makes the service-linked role of Access Analyzer in every account that an analyzer reads, so that an account
    without the role has none.

    Raises:
        NotCollected: there may be one.
    """
    facts = account.organization
    if facts.membership is None:
        return
    roles = account.roles
    if not _may_have_its_role.of(account):
        return
    trusted = facts.trusted_services
    if not isinstance(trusted, Gap) and _SERVICE not in trusted:
        return
    for gap in (facts.membership, roles):
        if isinstance(gap, Gap):
            raise NotCollected(gap)
    why = "analyzers of the organization are listed only in its management account or in a delegated administrator"
    raise NotCollected(Gap(_LIST, "elsewhere", region, why))


@rule(
    "access-analyzer-external-missing",
    severity="medium",
    phase="detect",
    subjects=regions,
    apis=(_LIST, *_ORGANIZATION),
    controls=(*cis(v7="2.18", v5="1.19"), *csf("ID.RA-01"), *well_architected("SEC03-BP07"), *attack(v18="T1199")),
    references=(f"{_GUIDE}access-analyzer-create-external.html", f"{_GUIDE}what-is-access-analyzer.html"),
    where_watched=True,
)
def access_analyzer_external_missing(region: Region, scene: Scene[NoParameters]) -> Hit | None:
    """No analyzer looks for access from outside in a region.

    ## Why
    A thief who cannot stay in IAM stays in the policy of a bucket, a key, a function or a role that admits his own
    account. Access Analyzer finds that within minutes and costs nothing, but only in the region in which it runs. An
    analyzer for unused access finds other things and does not count. An analyzer of the organization covers its
    members; whether there is one, a member sees by the service-linked role that it leaves, and else cannot tell.

    ## Fix
    Create an analyzer for external access in every region, best one of the organization in a delegated administrator.

    ## Breaks
    Nothing.

    ## Bad
    ```json
    {"organization": {"membership": null}, "regions": [{"name": "eu-west-3", "analyzers": [
      {"arn": "arn:aws:access-analyzer:eu-west-3:111122223333:analyzer/unused", "name": "unused",
       "type": "ACCOUNT_UNUSED_ACCESS", "status": "ACTIVE"}]}]}
    ```
    ```json
    {"organization": {"membership": {"kind": "organization", "id": "o-exampleorg",
                                     "management_account": "777788889999", "feature_set": "ALL"}},
     "roles": [], "regions": [{"name": "eu-west-3", "analyzers": []}]}
    ```

    ## Good
    ```json
    {"regions": [{"name": "eu-west-3", "analyzers": [
      {"arn": "arn:aws:access-analyzer:eu-west-3:111122223333:analyzer/external", "name": "external",
       "type": "ACCOUNT", "status": "ACTIVE"}]}]}
    ```
    """
    if not _exists(region.analyzers):
        return None
    found = known(region.analyzers)
    kinds = [analyzer for analyzer in found if analyzer.type in _EXTERNAL]
    if any(analyzer.status == "ACTIVE" for analyzer in kinds):
        return None
    _none_of_the_organization(scene.account, region.name)
    return Hit(
        f"There is no active analyzer for external access in {region.name}.{_others(found, kinds)}",
        material=("analyzer:no-external",),
        details={"analyzers": _told(found)},
        commands=_create(region.name, "external-access", "ACCOUNT") if not kinds else (),
        undo=_delete(region.name, "external-access") if not kinds else (),
    )


@rule(
    "access-analyzer-unused-missing",
    severity="low",
    phase="contain",
    subjects=the_account,
    apis=(_LIST, *_ORGANIZATION),
    controls=(*csf("ID.RA-01", "PR.AA-05"), *well_architected("SEC03-BP04"), *attack(v18="T1078.004")),
    references=(f"{_GUIDE}access-analyzer-create-unused.html",),
)
def access_analyzer_unused_missing(account: Account, _: Scene[NoParameters]) -> Hit | None:
    """No analyzer looks for unused access.

    ## Why
    Keys, passwords, roles and permissions that nobody uses are what a thief can take without being missed. An analyzer
    for unused access lists them all the time. It is paid for each role and user and month; IAM is global, so that one
    region is enough.

    ## Fix
    Create an analyzer for unused access in one region, or look at last accessed information by other means.

    ## Breaks
    Nothing but the bill.

    ## Bad
    ```json
    {"organization": {"membership": null}, "regions": [{"name": "us-east-1", "analyzers": [
      {"arn": "arn:aws:access-analyzer:us-east-1:111122223333:analyzer/external", "name": "external",
       "type": "ACCOUNT", "status": "ACTIVE"}]}]}
    ```

    ## Good
    ```json
    {"regions": [{"name": "us-east-1", "analyzers": []}, {"name": "eu-west-1", "analyzers": [
      {"arn": "arn:aws:access-analyzer:eu-west-1:111122223333:analyzer/unused", "name": "unused",
       "type": "ACCOUNT_UNUSED_ACCESS", "status": "ACTIVE"}]}]}
    ```
    """
    found: list[Analyzer] = []
    gaps: list[Gap] = []
    for region in account.regions:
        if isinstance(region.analyzers, Gap):
            gaps += [region.analyzers] if _exists(region.analyzers) else []
        else:
            found += region.analyzers
    if any(analyzer.type in _UNUSED and analyzer.status == "ACTIVE" for analyzer in found):
        return None
    if account.other_regions is not None:
        gaps.append(account.other_regions)
    if not account.regions:
        gaps.append(Gap(_LIST, "skipped", "*"))
    for gap in gaps:
        raise NotCollected(gap)
    _none_of_the_organization(account, "*")
    return Hit("There is no active analyzer for unused access in any region.", material=("analyzer:no-unused",))


def _exists(answer: tuple[Analyzer, ...] | Gap) -> bool:
    return not (isinstance(answer, Gap) and answer.status == "not_applicable")


def _others(found: tuple[Analyzer, ...], kinds: list[Analyzer]) -> str:
    if kinds:
        return f" {kinds[0].name} is {kinds[0].status}."
    return " Those for unused access find other things." if any(each.type in _UNUSED for each in found) else ""


def _told(found: tuple[Analyzer, ...]) -> list[dict[str, str]]:
    return [{"name": each.name, "type": each.type, "status": each.status} for each in found]


def _create(region: str, name: str, kind: str) -> tuple[str, ...]:
    words = ("aws", "accessanalyzer", "create-analyzer", "--analyzer-name", name, "--type", kind)
    return (f"{command(*words)} {option('--region', region)}",)


def _delete(region: str, name: str) -> tuple[str, ...]:
    words = ("aws", "accessanalyzer", "delete-analyzer", "--analyzer-name", name)
    return (f"{command(*words)} {option('--region', region)}",)
