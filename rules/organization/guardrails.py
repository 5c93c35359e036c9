"""What the organization's policies keep an administrator of the account from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, Literal

import msgspec

from rules.frameworks import attack, cis, csf, well_architected
from rules.organization.regions import POLICIES
from rules.organization.requests import (
    PROBE,
    answer,
    by_administrator,
    by_outsider,
    by_root,
    home_of_global_services,
    levels,
    open_region,
)
from rules.organization.standing import bound_accounts
from scanner.engine import Hit, NoParameters, Scene, rule
from scanner.iam.decision import Decision
from scanner.inventory import Account, NotCollected, Undetermined, known

_GUIDE = "https://docs.aws.amazon.com/organizations/latest/userguide/"
_Question = Callable[[Account], Iterator[Decision]]
_Name = Literal[
    "leave-organization", "stop-logging", "delete-detector", "use-root", "lift-quarantine", "admit-outsiders"
]


def _globally(account: Account) -> dict[str, tuple[str, ...]]:
    return {"aws:requestedregion": (home_of_global_services(account),)}


def _leave(account: Account) -> Iterator[Decision]:
    scps = levels(account, "scp")
    yield by_administrator(account, scps, "organizations:LeaveOrganization", said=_globally(account))


def _stop_logging(account: Account) -> Iterator[Decision]:
    """Asked of the trails that are the account's own: it cannot stop those of its organization."""
    scps = levels(account, "scp")
    own = sorted(
        (trail.arn, trail.home_region)
        for region in account.regions
        for trail in known(region.trails)
        if trail.arn.split(":")[4] == account.account_id
    )
    if not own and account.other_regions is not None:
        raise NotCollected(account.other_regions)
    if not own and not account.regions:
        raise Undetermined("the regions of the account, and so its trails, were not listed")
    for arn, region in own:
        yield by_administrator(account, scps, "cloudtrail:StopLogging", arn, {"aws:requestedregion": (region,)})


def _delete_detector(account: Account) -> Iterator[Decision]:
    scps = levels(account, "scp")
    region = open_region(account, scps)
    arn = f"arn:{account.partition}:guardduty:{region}:{account.account_id}:detector/4c1f4c1f4c1f4c1f4c1f4c1f4c1f4c1f"
    yield by_administrator(account, scps, "guardduty:DeleteDetector", arn, {"aws:requestedregion": (region,)})


def _use_root(account: Account) -> Iterator[Decision]:
    scps = levels(account, "scp")
    arn = f"arn:{account.partition}:iam::{account.account_id}:user/{PROBE}"
    yield by_root(account, scps, "iam:CreateUser", arn, _globally(account))


def _lift_quarantine(account: Account) -> Iterator[Decision]:
    """Taking the policies off by which AWS and responders contain a user or a role."""
    scps = levels(account, "scp")
    owner = f"arn:{account.partition}:iam::{account.account_id}"
    for action, principal, policy in (
        ("iam:DetachUserPolicy", f"user/{PROBE}", "AWSCompromisedKeyQuarantineV3"),
        ("iam:DetachRolePolicy", f"role/{PROBE}", "AWSDenyAll"),
    ):
        said = {**_globally(account), "iam:policyarn": (f"arn:{account.partition}:iam::aws:policy/{policy}",)}
        yield by_administrator(account, scps, action, f"{owner}:{principal}", said)


def _admit_outsiders(account: Account) -> Iterator[Decision]:
    yield by_outsider(account, levels(account, "rcp"), "s3:GetObject", f"arn:{account.partition}:s3:::{PROBE}/object")


_GUARDRAILS: dict[_Name, tuple[str, _Question]] = {
    "leave-organization": ("take the account out of the organization", _leave),
    "stop-logging": ("stop the account's trails", _stop_logging),
    "delete-detector": ("delete its GuardDuty detectors", _delete_detector),
    "use-root": ("work as its root user", _use_root),
    "lift-quarantine": ("take off the policies that contain a stolen credential", _lift_quarantine),
    "admit-outsiders": ("share its data with anyone outside", _admit_outsiders),
}
"""What has to be denied, by name: in words, and the requests that tell; one that is denied is enough."""


class Guardrails(NoParameters, frozen=True):
    """Parameters of ``organization-guardrails-missing``.

    ``guardrails`` are those demanded, of leave-organization, stop-logging, delete-detector, use-root, lift-quarantine
    and admit-outsiders.
    """

    guardrails: Annotated[tuple[_Name, ...], msgspec.Meta(min_length=1)] = tuple(_GUARDRAILS)


@rule(
    "organization-guardrails-missing",
    severity="medium",
    phase="contain",
    subjects=bound_accounts,
    apis=(*POLICIES, "cloudtrail:DescribeTrails"),
    controls=(*cis(v7="2.1.2"), *csf("PR.AA-05"), *well_architected("SEC01-BP01"), *attack(v18="T1078.004")),
    references=(f"{_GUIDE}orgs_manage_policies_scps.html", f"{_GUIDE}orgs_manage_policies_rcps.html"),
    parameters=Guardrails,
)
def organization_guardrails_missing(account: Account, scene: Scene[Guardrails]) -> Hit | None:
    """The organization leaves the account's administrators free to blind and to unbind it.

    ## Why
    An administrator, also one who was born a minute ago of a stolen key, is bound by nothing but the policies of the
    organization. What they deny is asked, not how many there are: leaving the organization, stopping the account's
    own trails, deleting detectors, working as root, taking a quarantine off, and, by resource control policies, what
    resources give to strangers. Medium where nothing of this is denied; low where something is missing.

    ## Fix
    Attach a service control policy that denies these actions to everybody but the roles of your responders and of your
    pipeline, and a resource control policy that denies principals of other organizations; first on a unit for tests.

    ## Breaks
    Tools that manage trails, detectors or quarantines in the account; partners who read its data without belonging to
    the organization. Exempt them by aws:PrincipalArn.

    ## Bad
    ```json
    {"organization": {"membership": {"kind": "organization", "id": "o-exampleorg",
                                     "management_account": "777788889999", "feature_set": "ALL"},
      "tree": {"kind": "organization-tree", "units": [], "roots": [{"id": "r-exam",
               "enabled_policy_types": ["RESOURCE_CONTROL_POLICY", "SERVICE_CONTROL_POLICY"]}]},
      "accounts": [{"id": "111122223333", "name": "shop", "state": "ACTIVE", "parent": "r-exam"}],
      "policies": [
        {"id": "p-FullAWSAccess", "name": "FullAWSAccess", "type": "SERVICE_CONTROL_POLICY",
         "is_aws_managed": true, "targets": ["r-exam", "111122223333"],
         "content": {"kind": "policy-content", "document": {"Version": "2012-10-17", "Statement": [
           {"Effect": "Allow", "Action": "*", "Resource": "*"}]}}},
        {"id": "p-RCPFullAWSAccess", "name": "RCPFullAWSAccess", "type": "RESOURCE_CONTROL_POLICY",
         "is_aws_managed": true, "targets": ["r-exam", "111122223333"],
         "content": {"kind": "policy-content", "document": {"Version": "2012-10-17", "Statement": [
           {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}}}]},
     "regions": [{"name": "eu-west-1", "trails": []}]}
    ```

    ## Good
    ```json
    {"organization": {"membership": {"kind": "organization", "id": "o-exampleorg",
                                     "management_account": "777788889999", "feature_set": "ALL"},
      "tree": {"kind": "organization-tree", "units": [], "roots": [{"id": "r-exam",
               "enabled_policy_types": ["RESOURCE_CONTROL_POLICY", "SERVICE_CONTROL_POLICY"]}]},
      "accounts": [{"id": "111122223333", "name": "shop", "state": "ACTIVE", "parent": "r-exam"}],
      "policies": [
        {"id": "p-FullAWSAccess", "name": "FullAWSAccess", "type": "SERVICE_CONTROL_POLICY",
         "is_aws_managed": true, "targets": ["r-exam", "111122223333"],
         "content": {"kind": "policy-content", "document": {"Version": "2012-10-17", "Statement": [
           {"Effect": "Allow", "Action": "*", "Resource": "*"}]}}},
        {"id": "p-guard", "name": "guard", "type": "SERVICE_CONTROL_POLICY",
         "is_aws_managed": false, "targets": ["r-exam"],
         "content": {"kind": "policy-content", "document": {"Version": "2012-10-17", "Statement": [
           {"Effect": "Deny", "Resource": "*", "Action": [
             "organizations:LeaveOrganization", "cloudtrail:StopLogging", "guardduty:DeleteDetector"]},
           {"Effect": "Deny", "Resource": "*", "Action": "*",
            "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:root"}}},
           {"Effect": "Deny", "Resource": "*", "Action": ["iam:DetachUserPolicy", "iam:DetachRolePolicy"],
            "Condition": {"ArnLike": {"iam:PolicyARN": [
              "arn:aws:iam::aws:policy/AWSCompromisedKeyQuarantine*", "arn:aws:iam::aws:policy/AWSDenyAll"]},
              "ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/responder"}}}]}}},
        {"id": "p-perimeter", "name": "perimeter", "type": "RESOURCE_CONTROL_POLICY",
         "is_aws_managed": false, "targets": ["r-exam"],
         "content": {"kind": "policy-content", "document": {"Version": "2012-10-17", "Statement": [
           {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
            "Condition": {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-exampleorg"},
                          "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}}]}}}]},
     "regions": [{"name": "eu-west-1", "trails": []}]}
    ```
    """
    wanted = [name for name in _GUARDRAILS if name in scene.parameters.guardrails]
    answers, unknown = _answers(account, wanted)
    missing = [name for name, answer in answers.items() if answer == "yes"]
    if not missing:
        undecided = [name for name, answer in answers.items() if answer == "only_if"]
        if unknown:
            raise unknown[0]
        if undecided:
            what = _GUARDRAILS[undecided[0]][0]
            raise Undetermined(f"whether an administrator may {what} hangs on conditions that no fact decides")
        return None
    held = [name for name, answer in answers.items() if answer == "no"]
    return Hit(
        f"Whoever becomes its administrator may {_and([_GUARDRAILS[name][0] for name in missing])}.",
        material=tuple(f"allowed:{name}" for name in missing),
        details={"allowed": missing, "denied": held},
        severity="low" if held else None,
    )


def _answers(account: Account, wanted: list[_Name]) -> tuple[dict[_Name, str], list[Undetermined]]:
    """The answer for each guardrail, and why there is none; where nothing has to be denied, nothing is missing."""
    found: dict[_Name, str] = {}
    unknown: list[Undetermined] = []
    for name in wanted:
        try:
            decisions = [answer(decision) for decision in _GUARDRAILS[name][1](account)]
        except Undetermined as undetermined:
            unknown.append(undetermined)
            continue
        if decisions:
            found[name] = "no" if "no" in decisions else "only_if" if "only_if" in decisions else "yes"
    return found, unknown


def _and(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
