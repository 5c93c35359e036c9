"""Trust in organizations: whose members may become a role."""

from __future__ import annotations

from collections.abc import Iterator

from rules.frameworks import attack, cis, csf, well_architected
from rules.trust.accounts import Admission, admissions, is_met_by_strangers, known_accounts
from rules.trust.reading import trust_of
from scanner.engine import Hit, NoParameters, Scene, rule
from scanner.engine.subjects import roles
from scanner.iam.bounds import OF_THE_ROLE
from scanner.iam.documents import Condition, Statement
from scanner.inventory import NotCollected, Organization, Role

_KEYS = {"aws:principalorgid", "aws:principalorgpaths"}


@rule(
    "iam-role-trust-foreign-organization",
    severity="high",
    phase="contain",
    subjects=roles,
    apis=("iam:GetAccountAuthorizationDetails", "organizations:DescribeOrganization"),
    controls=(*cis(v7="2.21"), *csf("PR.AA-05"), *well_architected("SEC03-BP09"), *attack(v18="T1199")),
    references=(
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html",
    ),
)
def iam_role_trust_foreign_organization(role: Role, scene: Scene[NoParameters]) -> Hit | None:
    """A role can be assumed from every account of a foreign organization.

    ## Why
    The condition on aws:PrincipalOrgID names an organization to which this account does not belong, and which nobody
    declared: one that was left, or that somebody wrote there to come back. Each of its accounts, and each that it adds,
    gets in, and what you contain here does not reach the caller there.

    ## Fix
    Demand your own organization, or name the account that needs the role, with an sts:ExternalId. An organization that
    belongs to you as well goes into organizations of the section declared.

    ## Breaks
    Callers of that organization; look for AssumeRole events of the role in CloudTrail.

    ## Bad
    ```json
    {"organization": {"membership":
       {"kind": "organization", "id": "o-abcde12345", "management_account": "444455556666"}},
     "roles": [{"name": "shared", "arn": "arn:aws:iam::111122223333:role/shared", "trust": {"Version": "2012-10-17",
      "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-zzzzz99999"}}}]}}]}
    ```

    ## Good
    ```json
    {"organization": {"membership":
       {"kind": "organization", "id": "o-abcde12345", "management_account": "444455556666"}},
     "roles": [{"name": "shared", "arn": "arn:aws:iam::111122223333:role/shared", "trust": {"Version": "2012-10-17",
      "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-abcde12345"}}}]}}]}
    ```
    """
    admitted = admissions(role)
    if not admitted:
        return None
    ours = known_accounts(scene)
    open_ones = [found for found in admitted if _is_open_to_organizations(found, ours)]
    if not open_ones:
        return None
    statements = trust_of(role).statements
    named = sorted(
        {organization for found in open_ones for organization in _organizations(found, statements)}
        - set(scene.declared.organizations)
    )
    if not named:
        return None
    membership = scene.account.organization.membership
    if not isinstance(membership, Organization) and membership is not None:
        raise NotCollected(membership)
    foreign = [each for each in named if membership is None or each != membership.id]
    if not foreign:
        return None
    return Hit(
        f"Every account of {', '.join(foreign)} can assume it, and this account is not of that organization.",
        material=tuple(f"trusts:{each}" for each in foreign),
        details={"organizations": foreign, "own": membership.id if membership else None},
    )


def _is_open_to_organizations(found: Admission, ours: frozenset[str]) -> bool:
    """Whether it is an organization alone that binds callers from outside."""
    keys = {key for key in found.keys if not is_met_by_strangers(key) or key == "sts:externalid"}
    if not keys or not keys <= _KEYS:
        return False
    if found.principal.kind == "account":
        return found.principal.account_id not in ours
    return found.principal.kind == "anyone"


def _organizations(found: Admission, statements: tuple[Statement, ...]) -> Iterator[str]:
    """The organizations that the Allow names, or else the Deny statements for everybody outside of them."""
    allow = next(each for each in statements if each.index == found.statement)
    own = [condition for condition in allow.conditions if condition.key in _KEYS]
    others = [each for deny in statements if not deny.allows for each in deny.conditions if each.key in _KEYS]
    for condition in own or others:
        yield from _ids(condition)


def _ids(condition: Condition) -> Iterator[str]:
    for value in condition.values:
        # The organization of the role itself is no foreign one.
        if value.lower() not in OF_THE_ROLE:
            yield value.partition("/")[0]
