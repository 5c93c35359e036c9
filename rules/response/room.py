"""Whether a containment fits, and where IAM lets nobody put one."""

from __future__ import annotations

from collections.abc import Iterator

from rules.frameworks import attack, csf, well_architected
from rules.principals import is_administrator, principals
from rules.response.privileged import is_revocable, privileged_principals, require_privileged
from scanner.containment import NotRevocable, can_take_scps, managed_slots, policy_size, revocability, ways_left
from scanner.containment.headroom import containment_document, fits_inline, own_headroom
from scanner.engine import Hit, NoParameters, Scene, Subject, Unread, rule
from scanner.engine.subjects import unless_unread
from scanner.inventory import Account, Role, User

_DETAILS = "iam:GetAccountAuthorizationDetails"
_PRIVILEGE = (_DETAILS, "iam:GetCredentialReport", "iam:ListAccessKeys")
_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"


def _revocable(account: Account) -> Iterator[Subject[User | Role] | Unread]:
    return (each for each in principals(account) if not isinstance(each, Subject) or is_revocable(each.item))


@rule(
    "containment-no-room",
    severity="high",
    phase="contain",
    subjects=_revocable,
    apis=(_DETAILS,),
    controls=(*csf("RS.MI-01"), *well_architected("SEC10-BP06"), *attack(v18="T1550.001")),
    references=(f"{_GUIDE}reference_iam-quotas.html", f"{_GUIDE}id_roles_use_revoke-sessions.html"),
)
def containment_no_room(principal: User | Role, scene: Scene[NoParameters]) -> Hit | None:
    """The policy that contains a principal does not fit into it.

    ## Why
    The inline policies of a role may have 10,240 characters together, those of a user 2,048, white space not counted,
    and nobody can raise that. Where they are used up, the first call of a containment, and the button of the console,
    fail with LimitExceeded. High where only a boundary is left, which stops everything that the principal does, and not
    old sessions alone; medium where a managed policy can still be attached instead.

    ## Fix
    Move an inline policy of the principal into a managed one, so that there is room again.

    ## Breaks
    Nothing, as long as the new managed policy is attached before the inline one is deleted.

    ## Bad
    ```json
    {"groups": [], "policies": [], "roles": [], "users": [
      {"name": "ci", "arn": "arn:aws:iam::111122223333:user/ci", "inline": [
        {"name": "buckets", "document": {"Version": "2012-10-17", "Statement": {
          "Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket", "s3:PutObject"], "Resource": [
          "arn:aws:s3:::acme-orders-eu-west-1/*", "arn:aws:s3:::acme-orders-eu-central-1/*",
          "arn:aws:s3:::acme-orders-us-east-1/*", "arn:aws:s3:::acme-orders-us-west-2/*",
          "arn:aws:s3:::acme-orders-sa-east-1/*", "arn:aws:s3:::acme-invoices-eu-west-1/*",
          "arn:aws:s3:::acme-invoices-eu-central-1/*", "arn:aws:s3:::acme-invoices-us-east-1/*",
          "arn:aws:s3:::acme-invoices-us-west-2/*", "arn:aws:s3:::acme-invoices-sa-east-1/*",
          "arn:aws:s3:::acme-customers-eu-west-1/*", "arn:aws:s3:::acme-customers-eu-central-1/*",
          "arn:aws:s3:::acme-customers-us-east-1/*", "arn:aws:s3:::acme-customers-us-west-2/*",
          "arn:aws:s3:::acme-customers-sa-east-1/*", "arn:aws:s3:::acme-shipping-eu-west-1/*",
          "arn:aws:s3:::acme-shipping-eu-central-1/*", "arn:aws:s3:::acme-shipping-us-east-1/*",
          "arn:aws:s3:::acme-shipping-us-west-2/*", "arn:aws:s3:::acme-shipping-sa-east-1/*",
          "arn:aws:s3:::acme-returns-eu-west-1/*", "arn:aws:s3:::acme-returns-eu-central-1/*",
          "arn:aws:s3:::acme-returns-us-east-1/*", "arn:aws:s3:::acme-returns-us-west-2/*",
          "arn:aws:s3:::acme-returns-sa-east-1/*", "arn:aws:s3:::acme-archive-eu-west-1/*",
          "arn:aws:s3:::acme-archive-eu-central-1/*", "arn:aws:s3:::acme-archive-us-east-1/*",
          "arn:aws:s3:::acme-archive-us-west-2/*", "arn:aws:s3:::acme-archive-sa-east-1/*",
          "arn:aws:s3:::acme-reports-eu-west-1/*", "arn:aws:s3:::acme-reports-eu-central-1/*",
          "arn:aws:s3:::acme-reports-us-east-1/*", "arn:aws:s3:::acme-reports-us-west-2/*",
          "arn:aws:s3:::acme-reports-sa-east-1/*", "arn:aws:s3:::acme-payroll-eu-west-1/*",
          "arn:aws:s3:::acme-payroll-eu-central-1/*", "arn:aws:s3:::acme-payroll-us-east-1/*",
          "arn:aws:s3:::acme-payroll-us-west-2/*", "arn:aws:s3:::acme-payroll-sa-east-1/*",
          "arn:aws:s3:::acme-contracts-eu-west-1/*", "arn:aws:s3:::acme-contracts-eu-central-1/*",
          "arn:aws:s3:::acme-contracts-us-east-1/*", "arn:aws:s3:::acme-contracts-us-west-2/*",
          "arn:aws:s3:::acme-contracts-sa-east-1/*"]}}}]}]}
    ```

    ## Good
    ```json
    {"groups": [], "policies": [], "roles": [], "users": [
      {"name": "ci", "arn": "arn:aws:iam::111122223333:user/ci", "inline": [
        {"name": "all", "document": {"Version": "2012-10-17", "Statement": {
          "Effect": "Allow", "Action": "s3:*", "Resource": "*"}}}]}]}
    ```
    """
    if fits_inline(principal):
        return None
    ways = ways_left(principal, scene.account)
    room, slots = own_headroom(principal), managed_slots(principal, scene.account)
    needed = policy_size(containment_document(principal))
    rest = [way for way in ways if way != "trust policy"]
    return Hit(
        f"Its inline policies take {room.used} of {room.limit} characters, and the policy that contains it needs "
        f"{needed}. What still works: {', '.join(_WAYS[way] for way in rest)}; in an organization also a service "
        "control policy.",
        material=("containment:no-inline-room",) + (() if "managed policy" in ways else ("containment:no-slot",)),
        details={
            "inline": {"limit": room.limit, "used": room.used, "needed": needed},
            "managed_policies": {"limit": slots.limit, "attached": slots.used, "limit_was_read": slots.is_live},
            "ways_left": list(ways),
        },
        severity="medium" if "managed policy" in ways else None,
    )


_WAYS = {
    "managed policy": "a managed policy (AWSDenyAll, or one of its own with the cutoff)",
    "boundary": "AWSDenyAll as permissions boundary",
}


def _reserved(account: Account) -> Iterator[Subject[Role] | Unread]:
    for each in privileged_principals(account):
        if isinstance(each, Unread):
            yield each
        elif isinstance(each.item, Role) and not is_revocable(each.item):
            yield Subject(each.resource, each.item)


@rule(
    "containment-not-in-iam",
    severity="high",
    phase="contain",
    subjects=unless_unread(lambda account: account.organization.membership, _reserved),
    apis=(*_PRIVILEGE, "organizations:DescribeOrganization", "organizations:ListRoots"),
    controls=(*csf("RS.MI-01"), *well_architected("SEC10-BP02"), *attack(v18="T1550.001")),
    references=(
        "https://docs.aws.amazon.com/singlesignon/latest/userguide/revoke-user-permissions.html",
        "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html",
    ),
)
def containment_not_in_iam(role: Role, scene: Scene[NoParameters]) -> Hit | None:
    """Nothing in reach contains a privileged role that IAM does not let anybody edit.

    ## Why
    A role of IAM Identity Center cannot be given a Deny in the account, and its sessions outlive those of the portal.
    What stops one tonight is a service control policy on the person (identitystore:UserId). In the management account,
    and where such policies are switched off, that way is closed too; what is left is the inline policy of the
    permission set, which is provisioned to every account that has it.

    ## Fix
    Switch service control policies on, and keep permission sets that administrate out of the management account as far
    as they are not needed there. For those that are, write down and practise the Deny in the inline policy of the
    permission set, then accept this finding with that plan as the reason.

    ## Breaks
    Whoever works in the management account with this permission set.

    ## Bad
    ```json
    {"users": [], "groups": [], "policies": [],
     "organization": {"membership": {"kind": "organization", "id": "o-a1b2c3d4e5", "feature_set": "ALL",
       "management_account": "111122223333"}},
     "roles": [
      {"name": "AWSReservedSSO_Admin_0123456789abcdef", "path": "/aws-reserved/sso.amazonaws.com/",
       "arn": "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123456789abcdef",
       "trust": {"Version": "2012-10-17", "Statement": []},
       "inline": [{"name": "all", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Action": "*", "Resource": "*"}]}}]}]}
    ```

    ## Good
    ```json
    {"users": [], "groups": [], "policies": [],
     "organization": {"membership": {"kind": "organization", "id": "o-a1b2c3d4e5", "feature_set": "ALL",
       "management_account": "999988887777"},
       "tree": {"kind": "organization-tree", "units": [], "roots": [
         {"id": "r-a1b2", "enabled_policy_types": ["SERVICE_CONTROL_POLICY"]}]}},
     "roles": [
      {"name": "AWSReservedSSO_Admin_0123456789abcdef", "path": "/aws-reserved/sso.amazonaws.com/",
       "arn": "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123456789abcdef",
       "trust": {"Version": "2012-10-17", "Statement": []},
       "inline": [{"name": "all", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Action": "*", "Resource": "*"}]}}]}]}
    ```
    """
    require_privileged(role, scene.account)
    closed = can_take_scps(scene.account)
    if closed is None:
        return None
    verdict = revocability(role)
    alternative = verdict.alternative if isinstance(verdict, NotRevocable) else ""
    return Hit(
        f"It cannot be edited in IAM, and a service control policy does not reach it: {closed}. {alternative}",
        material=("containment:not-in-iam",),
        details={"why_no_scp": closed, "administrator": is_administrator(role, scene.account)},
    )
