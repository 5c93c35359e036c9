"""Who acts for the organization: central root access, and the accounts that administer its services."""

from __future__ import annotations

from typing import Annotated

import msgspec

from rules.frameworks import attack, cis, csf, well_architected
from rules.organization.standing import organizations
from scanner.engine import Hit, NoParameters, Scene, ServicePrincipal, rule
from scanner.inventory import Gap, NotCollected, Organization, known

_GUIDE = "https://docs.aws.amazon.com/organizations/latest/userguide/"
_ORGANIZATION = "organizations:DescribeOrganization"
DELEGATES = ("organizations:ListDelegatedAdministrators", "organizations:ListDelegatedServicesForAccount")


@rule(
    "organization-root-not-central",
    severity="high",
    phase="contain",
    subjects=organizations,
    apis=(_ORGANIZATION, "iam:ListOrganizationsFeatures"),
    controls=(*cis(v7="2.1.1"), *csf("PR.AA-03"), *well_architected("SEC01-BP02"), *attack(v18="T1078.004")),
    references=("https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user.html",),
)
def organization_root_not_central(_: Organization, scene: Scene[NoParameters]) -> Hit | None:
    """The root users of the organization's accounts are not managed centrally.

    ## Why
    Every account has a root user, whose password can be reset by whoever reads its mailbox, and no identity policy
    binds it. Managed centrally the credentials of the members' root users can be deleted for good, and new accounts
    are born without. Told in the account that can read it, once for the organization.

    ## Fix
    Enable central management of root credentials, and root sessions for the few actions that need root, in the
    management account; then delete the credentials of the members' root users.

    ## Breaks
    Whoever signs in as a member's root user; the actions that need root are done by short sessions instead.

    ## Bad
    ```json
    {"organization": {"membership": {"kind": "organization", "id": "o-exampleorg",
                                     "management_account": "111122223333", "feature_set": "ALL"}, "features": []}}
    ```

    ## Good
    ```json
    {"organization": {"membership": {"kind": "organization", "id": "o-exampleorg",
                                     "management_account": "111122223333", "feature_set": "ALL"},
                      "features": ["RootCredentialsManagement", "RootSessions"]}}
    ```
    """
    wanted = {
        "RootCredentialsManagement": "iam enable-organizations-root-credentials-management",
        "RootSessions": "iam enable-organizations-root-sessions",
    }
    features = known(scene.account.organization.features)
    missing = [name for name in wanted if name not in features]
    if not missing:
        return None
    return Hit(
        f"Not enabled: {' and '.join(missing)}.",
        material=tuple(f"root:{name}" for name in missing),
        details={"enabled": list(features)},
        severity=None if "RootCredentialsManagement" in missing else "low",
        commands=(
            "aws organizations enable-aws-service-access --service-principal=iam.amazonaws.com",
            *(f"aws {wanted[name]}" for name in missing),
        ),
        undo=tuple(f"aws {wanted[name].replace('enable', 'disable', 1)}" for name in missing),
    )


_SERVICES = (
    "access-analyzer.amazonaws.com",
    "cloudtrail.amazonaws.com",
    "config.amazonaws.com",
    "guardduty.amazonaws.com",
    "securityhub.amazonaws.com",
)
"""The services that watch, by their principals."""

_BY_ANOTHER_NAME = {"config.amazonaws.com": "config-multiaccountsetup.amazonaws.com"}
"""Services whose delegate may be registered for a part that has a principal of its own."""


class Delegation(NoParameters, frozen=True):
    """Parameters of ``organization-service-not-delegated``: ``services`` are the principals that need a delegate."""

    services: Annotated[tuple[ServicePrincipal, ...], msgspec.Meta(min_length=1)] = _SERVICES


@rule(
    "organization-service-not-delegated",
    severity="medium",
    phase="contain",
    subjects=organizations,
    apis=(_ORGANIZATION, *DELEGATES, "organizations:DescribeResourcePolicy"),
    controls=(
        *cis(v7="2.1.5"), *cis(v7="2.1.6"), *csf("GV.RR-02"), *well_architected("SEC01-BP01"), *attack(v18="T1078.004"),
    ),
    references=(f"{_GUIDE}orgs_integrate_delegated_admin.html", f"{_GUIDE}orgs_delegate_policies.html"),
    parameters=Delegation,
)  # fmt: skip
def organization_service_not_delegated(_: Organization, scene: Scene[Delegation]) -> Hit | None:
    """Services that watch the organization are run from its management account.

    ## Why
    No policy binds the management account, so nobody should have to work in it: each person and each pipeline that
    looks at findings or policies there is one more credential that rules all accounts. Delegated administrators in a
    security account do that work. Told in the account that can read it, once for the organization.

    ## Fix
    Register a security account as delegated administrator of each service, and let it manage the policies of the
    organization by a delegation policy.

    ## Breaks
    Settings of a service that were made in the management account may have to be made again in the delegate.

    ## Bad
    ```json
    {"organization": {"membership": {"kind": "organization", "id": "o-exampleorg",
                                     "management_account": "111122223333", "feature_set": "ALL"},
                      "delegates": [{"account_id": "555566667777", "services": ["guardduty.amazonaws.com"]}],
                      "delegation_policy": null}}
    ```

    ## Good
    ```json
    {"organization": {"membership": {"kind": "organization", "id": "o-exampleorg",
                                     "management_account": "111122223333", "feature_set": "ALL"},
                      "delegates": [{"account_id": "555566667777", "services": [
                        "access-analyzer.amazonaws.com", "cloudtrail.amazonaws.com", "config.amazonaws.com",
                        "guardduty.amazonaws.com", "securityhub.amazonaws.com"]}],
                      "delegation_policy": {"kind": "policy-content", "document": {
                        "Version": "2012-10-17", "Statement": []}}}}
    ```
    """
    facts = scene.account.organization
    delegated: dict[str, str] = {}
    unread: Gap | None = facts.delegates if isinstance(facts.delegates, Gap) else None
    for delegate in () if isinstance(facts.delegates, Gap) else facts.delegates:
        if isinstance(delegate.services, Gap):
            unread = delegate.services
        else:
            delegated |= dict.fromkeys(delegate.services, delegate.account_id)
    for name, other in _BY_ANOTHER_NAME.items():
        if other in delegated:
            delegated.setdefault(name, delegated[other])
    # Of a delegate whose services are not known, each service may be its own.
    missing = [] if unread is not None else [name for name in scene.parameters.services if name not in delegated]
    policies = facts.delegation_policy is None
    if not missing and not policies:
        for gap in (unread, facts.delegation_policy):
            if isinstance(gap, Gap):
                raise NotCollected(gap)
        return None
    what = [name.removesuffix(".amazonaws.com") for name in missing] + ["the policies of the organization"] * policies
    return Hit(
        f"There is no delegated administrator for {', '.join(what)}.",
        material=(*(f"no-delegate:{name}" for name in missing), *(("no-delegate:policies",) if policies else ())),
        details={"delegated": dict(sorted(delegated.items())), "missing": missing},
        severity=None if missing else "low",
    )
