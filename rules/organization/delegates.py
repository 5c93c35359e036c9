"""The accounts that act for the organization, each by itself."""

from __future__ import annotations

from collections.abc import Iterator

from rules.frameworks import attack, cis, csf, well_architected
from rules.organization.delegation import DELEGATES
from rules.organization.standing import organization_resource, organizations
from scanner.engine import Hit, NoParameters, Scene, Subject, Unread, rule
from scanner.engine.declared import AccountId
from scanner.findings import Resource
from scanner.inventory import Account, DelegatedAdministrator, Gap, NotCollected

_RULING = frozenset({
    "account.amazonaws.com", "iam.amazonaws.com", "member.org.stacksets.cloudformation.amazonaws.com",
    "sso.amazonaws.com",
})  # fmt: skip
"""Services by which a delegate acts in every account.

These are the address of the root user, root sessions, stacks with any role, and permission sets.
"""


def _delegates(account: Account) -> Iterator[Subject[DelegatedAdministrator] | Unread]:
    for found in organizations(account):
        if isinstance(found, Unread):
            yield found
            continue
        whole = organization_resource(account, found.item)
        delegates = account.organization.delegates
        if isinstance(delegates, Gap):
            yield Unread(whole, delegates)
            continue
        for delegate in delegates:
            arn = f"{whole.arn.replace(':organization/', ':account/')}/{delegate.account_id}"
            kind = "AWS::Organizations::Account"
            yield Subject(Resource(arn, kind, delegate.account_id, account.account_id), delegate)


class Accepted(NoParameters, frozen=True):
    """Parameters of ``organization-delegate-unexpected``.

    ``delegates`` are the ids of the accounts that may be delegates. Where it is empty, only those are told that can act
    in every account, unless they are declared as known, as a log archive, or as an account of responders.
    """

    delegates: tuple[AccountId, ...] = ()


@rule(
    "organization-delegate-unexpected",
    severity="critical",
    phase="eradicate",
    subjects=_delegates,
    apis=("organizations:DescribeOrganization", *DELEGATES),
    controls=(*cis(v7="2.1.6"), *csf("GV.RR-02"), *well_architected("SEC01-BP01"), *attack(v18="T1098")),
    references=(
        "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_integrate_delegated_admin.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-user.html",
    ),
    parameters=Accepted,
)
def organization_delegate_unexpected(found: DelegatedAdministrator, scene: Scene[Accepted]) -> Hit | None:
    """An account acts for the organization that nobody accepted for it.

    ## Why
    A delegated administrator of IAM Identity Center, of StackSets or of central root access becomes administrator of
    every member account; one of GuardDuty or Security Hub can hide the findings of all. A thief in the management
    account registers an account by one call, and stays after every key was changed. Critical where the accepted
    delegates are listed and this is none of them; low where none are listed, and the account can act in every other.

    ## Fix
    If it is meant, list the account in the parameter delegates of this rule. If not, take it for an incident:
    deregister it, and look for what it did in the other accounts.

    ## Breaks
    Deregistering a delegate switches off what it set up: analyzers, enrolments of members, aggregators.

    ## Bad
    ```json
    {"organization": {"membership": {"kind": "organization", "id": "o-exampleorg",
                                     "management_account": "111122223333", "feature_set": "ALL"},
                      "delegates": [{"account_id": "555566667777", "services": ["sso.amazonaws.com"]}]}}
    ```

    ## Good
    ```json
    {"organization": {"membership": {"kind": "organization", "id": "o-exampleorg",
                                     "management_account": "111122223333", "feature_set": "ALL"},
                      "delegates": [{"account_id": "555566667777", "services": ["guardduty.amazonaws.com"]}]}}
    ```
    """
    listed, declared = scene.parameters.delegates, scene.declared
    who = found.account_id
    if who in {*listed, *declared.accounts, *declared.response_accounts, *declared.log_archives}:
        return None
    services = None if isinstance(found.services, Gap) else sorted(found.services)
    if listed:
        told = ", ".join(services) if services else "services that could not be read"
        return Hit(
            f"Account {who} is no accepted delegate, and administers {told}.",
            material=("delegate:not-listed", *(f"delegate:{name}" for name in services or ())),
            details={"services": services},
        )
    if isinstance(found.services, Gap):
        raise NotCollected(found.services)
    ruling = sorted(_RULING.intersection(found.services))
    if not ruling:
        return None
    return Hit(
        f"Account {who} can act in every account of the organization, by {', '.join(ruling)}, and nobody declared it.",
        material=tuple(f"delegate:{name}" for name in ruling),
        details={"services": services},
        severity="low",
    )
