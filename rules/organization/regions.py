"""Regions that nobody uses, and that stay open to whoever takes over the account."""

from __future__ import annotations

from rules.frameworks import attack, csf, well_architected
from rules.organization.requests import answer, launches_in, levels
from rules.organization.standing import bound_accounts
from scanner.engine import Hit, NoParameters, Scene, rule
from scanner.inventory import Account, NotCollected, Undetermined

POLICIES = (
    "organizations:DescribeOrganization",
    "organizations:ListRoots",
    "organizations:ListOrganizationalUnitsForParent",
    "organizations:ListAccounts",
    "organizations:ListAccountsForParent",
    "organizations:ListPolicies",
    "organizations:DescribePolicy",
    "organizations:ListTargetsForPolicy",
)
"""The actions that tell which policies of the organization are in force for an account."""


@rule(
    "organization-unused-regions-open",
    severity="medium",
    phase="contain",
    subjects=bound_accounts,
    apis=(*POLICIES, "ec2:DescribeRegions"),
    controls=(*csf("PR.AA-05"), *well_architected("SEC01-BP08"), *attack(v18="T1535")),
    references=(
        "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_examples_general.html",
        "https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html",
    ),
)
def organization_unused_regions_open(account: Account, scene: Scene[NoParameters]) -> Hit | None:
    """Regions that nobody uses are neither disabled nor denied.

    ## Why
    Thieves launch where nobody looks: a region without workloads has no alarms and no eyes. Asked is whether an
    administrator of the account could launch an instance in each enabled region. Where the regions in use are declared,
    every other open one counts; where none are, it counts only that the organization closes no region at all. Nothing
    is said of the management account and of stand-alone accounts, which no service control policy binds.

    ## Fix
    Deny by a service control policy what is requested outside the regions in use (aws:RequestedRegion), but for the
    services that are global; and disable the regions that the account has opted into without need.

    ## Breaks
    Services that work across regions, such as inference profiles of Bedrock, backups and replicas in a second region:
    look in CloudTrail for what was called in the other regions during 90 days.

    ## Bad
    ```json
    {"organization": {"membership": {"kind": "organization", "id": "o-exampleorg",
                                     "management_account": "777788889999", "feature_set": "ALL"},
      "tree": {"kind": "organization-tree", "units": [],
               "roots": [{"id": "r-exam", "enabled_policy_types": ["SERVICE_CONTROL_POLICY"]}]},
      "accounts": [{"id": "111122223333", "name": "shop", "state": "ACTIVE", "parent": "r-exam"}],
      "policies": [{"id": "p-FullAWSAccess", "name": "FullAWSAccess", "type": "SERVICE_CONTROL_POLICY",
        "is_aws_managed": true, "targets": ["r-exam", "111122223333"],
        "content": {"kind": "policy-content", "document": {"Version": "2012-10-17", "Statement": [
          {"Effect": "Allow", "Action": "*", "Resource": "*"}]}}}]},
     "regions": [{"name": "eu-west-1"}, {"name": "eu-west-3"}]}
    ```

    ## Good
    ```json
    {"organization": {"membership": {"kind": "organization", "id": "o-exampleorg",
                                     "management_account": "777788889999", "feature_set": "ALL"},
      "tree": {"kind": "organization-tree", "units": [],
               "roots": [{"id": "r-exam", "enabled_policy_types": ["SERVICE_CONTROL_POLICY"]}]},
      "accounts": [{"id": "111122223333", "name": "shop", "state": "ACTIVE", "parent": "r-exam"}],
      "policies": [
        {"id": "p-FullAWSAccess", "name": "FullAWSAccess", "type": "SERVICE_CONTROL_POLICY",
         "is_aws_managed": true, "targets": ["r-exam", "111122223333"],
         "content": {"kind": "policy-content", "document": {"Version": "2012-10-17", "Statement": [
           {"Effect": "Allow", "Action": "*", "Resource": "*"}]}}},
        {"id": "p-regions", "name": "regions", "type": "SERVICE_CONTROL_POLICY",
         "is_aws_managed": false, "targets": ["r-exam"],
         "content": {"kind": "policy-content", "document": {"Version": "2012-10-17", "Statement": [
           {"Effect": "Deny", "NotAction": ["iam:*", "sts:*"], "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1"]}}}]}}}]},
     "regions": [{"name": "eu-west-1"}, {"name": "eu-west-3"}]}
    ```
    """
    scps = levels(account, "scp")
    declared = scene.declared.regions
    names = [region.name for region in account.regions if not declared or region.name not in declared]
    answers = {name: answer(launches_in(account, scps, name)) for name in names}
    is_open = [name for name in names if answers[name] == "yes"]
    if not declared and "no" in answers.values():
        return None
    if not (declared and is_open):
        _demand_all(account, [name for name in names if answers[name] == "only_if"])
    if not is_open or (not declared and len(names) == 1):
        return None
    what = "not in use" if declared else "enabled, all that there are"
    return Hit(
        f"An administrator of the account may launch instances in regions that are {what}: {', '.join(is_open)}.",
        material=tuple(f"open:{name}" for name in is_open) if declared else ("open:every-region",),
        details={"open": is_open, "declared": list(declared)},
    )


def _demand_all(account: Account, undecided: list[str]) -> None:
    """Refuse a verdict on all regions where one of them is not known, or not decided."""
    if undecided:
        raise Undetermined(f"whether {undecided[0]} is closed hangs on conditions that no fact decides")
    if account.other_regions is not None:
        raise NotCollected(account.other_regions)
    if not account.regions:
        raise Undetermined("the regions of the account were not listed")
