"""Whether the account is in an organization that could contain it, and what lives in the management account."""

from __future__ import annotations

from collections.abc import Iterable

from rules.access_keys.holders import holders_of
from rules.frameworks import attack, cis, csf, well_architected
from rules.organization.standing import management_accounts
from rules.principals import resource_part
from scanner.engine import Hit, NoParameters, Scene, rule
from scanner.engine.declared import is_named
from scanner.engine.subjects import the_account
from scanner.inventory import Account, Gap, NotCollected, Undetermined, known

_GUIDE = "https://docs.aws.amazon.com/organizations/latest/userguide/"


@rule(
    "organization-none",
    severity="medium",
    phase="contain",
    subjects=the_account,
    apis=("organizations:DescribeOrganization",),
    controls=(*csf("GV.RR-02"), *well_architected("SEC01-BP01"), *attack(v18="T1078.004")),
    references=(f"{_GUIDE}orgs_introduction.html",),
)
def organization_none(account: Account, _: Scene[NoParameters]) -> Hit | None:
    """The account is in no organization.

    ## Why
    In a stand-alone account its own administrators are the last word: whoever becomes one can stop every log and undo
    every containment, and nobody outside can deny it anything.

    ## Fix
    Let the management account of your organization invite it, or make an organization with a new, empty account as its
    management account.

    ## Breaks
    Bills and tax settings move to the management account; service control policies that are attached to the root bind
    the account at once.

    ## Bad
    ```json
    {"organization": {"membership": null}}
    ```

    ## Good
    ```json
    {"organization": {"membership": {"kind": "organization", "id": "o-exampleorg",
                                     "management_account": "777788889999", "feature_set": "ALL"}}}
    ```
    """
    if known(account.organization.membership) is not None:
        return None
    return Hit("AWS Organizations is not in use for it.", material=("organization:none",))


@rule(
    "account-cannot-receive-scp",
    severity="high",
    phase="contain",
    subjects=the_account,
    apis=("organizations:DescribeOrganization", "organizations:ListRoots"),
    controls=(*cis(v7="2.1.2"), *csf("RS.MI-01"), *well_architected("SEC10-BP05"), *attack(v18="T1098.003")),
    references=(f"{_GUIDE}orgs_manage_policies_scps.html", f"{_GUIDE}orgs_manage_org_support-all-features.html"),
)
def account_cannot_receive_scp(account: Account, _: Scene[NoParameters]) -> Hit | None:
    """No service control policy can be put on the account tonight.

    ## Why
    A thief with rights in IAM takes every Deny off again that is put on a principal within the account. A service
    control policy is the containment that nobody in the account can lift, and it needs an organization with all
    features, its policy type switched on in the root, and an account that is not the management account.

    ## Fix
    Enable all features and the policy type in the management account, before it is needed; keep workloads and users
    out of the management account, which no such policy binds.

    ## Breaks
    Nothing by itself: with the type comes FullAWSAccess on every level, which allows everything. Invited accounts have
    to agree to all features.

    ## Bad
    ```json
    {"organization": {"membership": {"kind": "organization", "id": "o-exampleorg",
                                     "management_account": "777788889999", "feature_set": "CONSOLIDATED_BILLING"}}}
    ```
    ```json
    {"organization": {"membership": {"kind": "organization", "id": "o-exampleorg",
                                     "management_account": "111122223333", "feature_set": "ALL"}}}
    ```

    ## Good
    ```json
    {"organization": {"membership": {"kind": "organization", "id": "o-exampleorg",
                                     "management_account": "777788889999", "feature_set": "ALL"},
                      "tree": {"kind": "organization-tree", "units": [],
                               "roots": [{"id": "r-exam", "enabled_policy_types": ["SERVICE_CONTROL_POLICY"]}]}}}
    ```
    """
    membership = known(account.organization.membership)
    if membership is None:
        return Hit("It is in no organization.", material=("scp:no-organization",))
    if membership.management_account == account.account_id:
        told = "It is the management account, which no policy of the organization binds."
        return Hit(told, material=("scp:management",))
    if membership.feature_set == "CONSOLIDATED_BILLING":
        return Hit("Its organization has consolidated billing only.", material=("scp:not-all-features",))
    tree = known(account.organization.tree)
    if membership.feature_set is None or tree is None:
        raise Undetermined("the answers do not say which features the organization has")
    if any("SERVICE_CONTROL_POLICY" in root.enabled_policy_types for root in tree.roots):
        return None
    roots = [root.id for root in tree.roots]
    return Hit(
        "Service control policies are not switched on in the root of its organization.",
        material=("scp:type-off",),
        details={"roots": roots},
    )


@rule(
    "management-account-workloads",
    severity="high",
    phase="contain",
    subjects=management_accounts,
    apis=("organizations:DescribeOrganization", "iam:ListAccessKeys", "ec2:DescribeInstances"),
    controls=(*cis(v7="2.1.3"), *csf("GV.RR-02"), *well_architected("SEC01-BP01"), *attack(v18="T1078.004")),
    references=(f"{_GUIDE}orgs_best-practices_mgmt-acct.html",),
)
def management_account_workloads(account: Account, scene: Scene[NoParameters]) -> Hit | None:
    """The management account has users with keys, or workloads.

    ## Why
    No policy of the organization binds the management account, and whoever rules it rules every other account. A key
    in a laptop or a server that can be reached from outside is a way in that nothing else contains. Users that are
    declared for emergencies are left out.

    ## Fix
    Move the workloads to an account of their own, and let people come by IAM Identity Center; then deactivate the keys
    and, after a while, delete them.

    ## Breaks
    What signs with these keys or runs on these instances, until it is moved.

    ## Bad
    ```json
    {"organization": {"membership": {"kind": "organization", "id": "o-exampleorg",
                                     "management_account": "111122223333", "feature_set": "ALL"}},
     "access_keys": [{"user": "billing-export", "keys": [
       {"id": "AKIAEXAMPLEEXAMPLE12", "user": "billing-export", "status": "Active",
        "created": "2026-01-01T00:00:00Z"}]}],
     "regions": [{"name": "us-east-1", "instances": []}]}
    ```

    ## Good
    ```json
    {"organization": {"membership": {"kind": "organization", "id": "o-exampleorg",
                                     "management_account": "111122223333", "feature_set": "ALL"}},
     "access_keys": [{"user": "billing-export", "keys": [
       {"id": "AKIAEXAMPLEEXAMPLE12", "user": "billing-export", "status": "Inactive",
        "created": "2026-01-01T00:00:00Z"}]}],
     "regions": [{"name": "us-east-1", "instances": [
       {"id": "i-0c", "arn": "arn:aws:ec2:us-east-1:111122223333:instance/i-0c", "state": "terminated"}]}]}
    ```
    """
    users, gaps = _users_with_keys(account, scene.declared.break_glass)
    instances = []
    for region in account.regions:
        if isinstance(region.instances, Gap):
            gaps.append(region.instances)
            continue
        instances += [each.arn for each in region.instances if each.state not in {"terminated", "shutting-down"}]
    if not users and not instances:
        if account.other_regions is not None:
            gaps.append(account.other_regions)
        if gaps:
            raise NotCollected(gaps[0])
        if not account.regions:
            raise Undetermined("the regions of the account were not listed")
        return None
    what = [_counted(users, "user with an active access key", "users with active keys")] if users else []
    what += [_counted(instances, "instance", "instances")] if instances else []
    return Hit(
        f"The management account has {' and '.join(what)}.",
        material=(*(("management:users",) if users else ()), *(("management:instances",) if instances else ())),
        details={"users": users[:_MOST_NAMED], "instances": [resource_part(arn) for arn in instances[:_MOST_NAMED]]},
    )


_MOST_NAMED = 20


def _users_with_keys(account: Account, spared: Iterable[str]) -> tuple[list[str], list[Gap]]:
    if isinstance(account.access_keys, Gap):
        return [], [account.access_keys]
    spared, holders = tuple(spared), holders_of(account)
    found, gaps = [], []
    for holder in account.access_keys:
        if is_named(holders.arn_of(holder.user), spared):
            continue
        if isinstance(holder.keys, Gap):
            gaps.append(holder.keys)
        elif any(key.is_active for key in holder.keys):
            found.append(holder.user)
    return sorted(found), gaps


def _counted(found: list[str], one: str, more: str) -> str:
    return f"{len(found)} {one if len(found) == 1 else more}"
