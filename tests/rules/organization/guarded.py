"""Accounts in an organization with policies, for tests of what these policies leave open."""

from __future__ import annotations

from tests.accounts import OWN, Json, allow, deny, policy, region

MANAGEMENT = "777788889999"
SECURITY = "555566667777"
ROOT = "r-demo"

FULL = policy(allow())
"""The policy that AWS attaches everywhere: it allows, and so restricts nothing."""

REGIONS = ("us-east-1", "eu-west-1", "eu-west-3")


def membership(management: str = MANAGEMENT, feature_set: str | None = "ALL") -> Json:
    return {"kind": "organization", "id": "o-exampleorg", "management_account": management, "feature_set": feature_set}


def tree(*enabled: str) -> Json:
    kinds = enabled or ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY")
    return {"kind": "organization-tree", "roots": [{"id": ROOT, "enabled_policy_types": kinds}], "units": []}


def attached(document: object, target: str = ROOT, kind: str = "SERVICE_CONTROL_POLICY", name: str = "guard") -> Json:
    content = document if isinstance(document, dict) and document.get("kind") == "gap" else {"document": document}
    told = content if "kind" in content else {"kind": "policy-content", **content}
    found = f"p-{kind}-{name}-{target}".lower()
    return {"id": found, "name": name, "type": kind, "is_aws_managed": False, "content": told, "targets": [target]}


def everywhere(kind: str = "SERVICE_CONTROL_POLICY") -> list[Json]:
    """The policies of AWS that allow everything, on every level."""
    return [attached(FULL, target, kind, "FullAWSAccess") for target in (ROOT, OWN)]


def guarded(*denies: Json, rcps: tuple[Json, ...] = (), **parts: object) -> Json:
    """A member account whose organization denies something."""
    policies = [*everywhere(), *everywhere("RESOURCE_CONTROL_POLICY")]
    policies += [attached(policy(each), name=f"guard-{place}") for place, each in enumerate(denies)]
    policies += [attached(policy(each), kind="RESOURCE_CONTROL_POLICY", name="perimeter") for each in rcps]
    facts = {
        "membership": membership(),
        "tree": tree(),
        "accounts": [
            {"id": OWN, "name": "shop", "state": "ACTIVE", "parent": ROOT},
            {"id": SECURITY, "name": "security", "state": "ACTIVE", "parent": ROOT},
        ],
        "policies": policies,
        **parts,
    }
    return {"organization": facts, "regions": [region(name, trails=[]) for name in REGIONS]}


def only_in(*regions: str, **condition: object) -> Json:
    """The Deny of every region but some, in the form that AWS recommends."""
    return {
        "Effect": "Deny",
        "NotAction": ["iam:*", "organizations:*", "sts:*", "route53:*", "support:*"],
        "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:RequestedRegion": list(regions)}, **condition},
    }


LEAVING = deny("organizations:LeaveOrganization")
"""The Deny of leaving the organization."""

POLICY_ACTIONS = {
    "organizations:DescribeOrganization",
    "organizations:ListRoots",
    "organizations:ListAccounts",
    "organizations:ListOrganizationalUnitsForParent",
    "organizations:ListAccountsForParent",
    "organizations:ListPolicies",
    "organizations:DescribePolicy",
    "organizations:ListTargetsForPolicy",
}
"""The actions that tell which policies are in force."""
