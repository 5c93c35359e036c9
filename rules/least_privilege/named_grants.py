"""Single actions that are handed out with a policy of AWS, or by name, and that few need."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import msgspec

from rules.frameworks import attack, cis, csf, well_architected
from rules.least_privilege.standing import surely_escalates
from rules.principals import is_told_elsewhere, principals
from rules.response.privileged import is_revocable
from scanner.engine import Hit, NoParameters, Scene, Subject, Unread, rule
from scanner.engine.subjects import account_resource
from scanner.findings import Resource
from scanner.iam.documents import Policy, Statement
from scanner.iam.matching import covers_action
from scanner.iam.questions import questions_of
from scanner.iam.remembered import Remembered
from scanner.iam.sources import AccountPolicies, Holdings, Source, name_at_aws, policies_of
from scanner.inventory import Account, Gap, Group, Role, Undetermined, User
from scanner.shell import command

_DETAILS = ("iam:GetAccountAuthorizationDetails",)
_TRANSFERS = ("cloudshell:GetFileDownloadUrls", "cloudshell:GetFileUploadUrls")
_FULL_ACCESS = "AWSCloudShellFullAccess"
_SUBSCRIBE = "aws-marketplace:Subscribe"
_INITIALS = frozenset("aAcC")


def holders(account: Account) -> Iterator[Subject[User | Role | Group] | Unread]:
    """Every user, role and group; where one of the lists is missing, that is said once."""
    if isinstance(account.groups, Gap):
        yield Unread(account_resource(account), account.groups)
    for found in principals(account):
        if isinstance(found, Subject):
            yield Subject(found.resource, found.item)
        elif not isinstance(account.groups, Gap):
            yield found
    for group in () if isinstance(account.groups, Gap) else account.groups:
        yield Subject(Resource(group.arn, "AWS::IAM::Group", group.name, account.account_id), group)


@rule(
    "iam-cloudshell-full-access",
    severity="low",
    phase="contain",
    subjects=holders,
    apis=_DETAILS,
    controls=(
        *cis(v7="2.20", v5="1.21"),
        *csf("PR.AA-05"),
        *well_architected("SEC03-BP02"),
        *attack(v18="T1059.009"),
    ),
    references=(
        "https://docs.aws.amazon.com/cloudshell/latest/userguide/sec-auth-with-identities.html",
        "https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSCloudShellFullAccess.html",
    ),
)
def iam_cloudshell_full_access(holder: User | Role | Group, scene: Scene[NoParameters]) -> Hit | None:
    """CloudShell may be used with the transfer of files.

    ## Why
    CloudShell runs in the network of AWS with the rights of whoever opened it: a stolen console session gets a shell in
    which tools can be installed, and a way to carry data out that no proxy of the company sees. Counted is
    AWSCloudShellFullAccess, and policies that allow the up- and downloads by naming CloudShell; who may do it only
    because a policy allows (nearly) everything has greater findings. Who is declared to be an administrator passes.

    ## Fix
    Detach the policy, and let CloudShell be used, where it is needed, by a policy of your own without
    cloudshell:GetFileUploadUrls and cloudshell:GetFileDownloadUrls. Of a role of IAM Identity Center change the
    permission set.

    ## Breaks
    People who move files through CloudShell.

    ## Bad
    ```json
    {"groups": [], "policies": [], "roles": [], "users": [
      {"name": "ann", "arn": "arn:aws:iam::111122223333:user/ann", "attached": [
        {"name": "AWSCloudShellFullAccess", "arn": "arn:aws:iam::aws:policy/AWSCloudShellFullAccess"}]}]}
    ```

    ## Good
    ```json
    {"groups": [], "policies": [], "roles": [], "users": [
      {"name": "ann", "arn": "arn:aws:iam::111122223333:user/ann", "inline": [
        {"name": "shell", "document": {"Version": "2012-10-17", "Statement": [
          {"Effect": "Allow", "Action": ["cloudshell:CreateEnvironment", "cloudshell:CreateSession"],
           "Resource": "*"}]}}]}]}
    ```
    """
    if scene.declared.may_administrate(holder.arn):
        return None
    attached = [
        each.arn
        for each in holder.attached
        if each.arn.endswith(_FULL_ACCESS) and name_at_aws(each.arn) == _FULL_ACCESS
    ]
    if attached:
        verb = "group" if isinstance(holder, Group) else "user" if isinstance(holder, User) else "role"
        detach = ("aws", "iam", f"detach-{verb}-policy", f"--{verb}-name", holder.name, "--policy-arn", attached[0])
        attach = ("aws", "iam", f"attach-{verb}-policy", *detach[3:])
        # The policies of a permission set are changed in IAM Identity Center, whose roles IAM refuses to edit.
        is_editable = isinstance(holder, Group) or is_revocable(holder)
        return Hit(
            f"{_FULL_ACCESS} is attached to it.",
            material=("cloudshell:transfers",),
            details={"policies": attached},
            commands=(command(*detach),) if is_editable else (),
            undo=(command(*attach),) if is_editable else (),
        )
    policies = policies_of(scene.account)
    if isinstance(holder, User) and holder.groups and not _may_name(policies.identity(holder)):
        return None
    own, unread = _held(holder, policies)
    naming = _naming(own, frozenset(_TRANSFERS))
    if not naming and unread:
        raise Undetermined(unread[0])
    able = [] if not naming else [each for each in _TRANSFERS if _may(holder, each, scene.account, policies)]
    if not able:
        return None
    names = [source.name for source in naming]
    return Hit(
        f"It may move files ({', '.join(able)}), by {', '.join(names)}.",
        material=("cloudshell:transfers",),
        details={"policies": names},
    )


@rule(
    "iam-marketplace-subscribe",
    severity="medium",
    phase="contain",
    subjects=principals,
    apis=_DETAILS,
    controls=(*csf("PR.AA-05"), *well_architected("SEC03-BP02"), *attack(v18="T1496")),
    references=("https://docs.aws.amazon.com/marketplace/latest/buyerguide/buyer-iam-users-groups-policies.html",),
)
def iam_marketplace_subscribe(principal: User | Role, scene: Scene[NoParameters]) -> Hit | None:
    """A principal may buy in AWS Marketplace.

    ## Why
    A thief subscribes to images, models and contracts on your bill, among them machine images of his own that others
    then start, and the models of Bedrock that are sold there. The action knows no resources, so that whoever has it may
    buy whatever is offered, unless a private marketplace stands before it. Counted are policies that name the service;
    who may do it only because a policy allows (nearly) everything, is an administrator, surely can become one, or is
    declared to be one, has another finding or is meant to.

    ## Fix
    Keep aws-marketplace:Subscribe for those who buy, and approve products in a private marketplace.

    ## Breaks
    Pipelines that subscribe to an image before they start it: subscribe once by hand.

    ## Bad
    ```json
    {"groups": [], "policies": [], "users": [], "roles": [
      {"name": "ml", "arn": "arn:aws:iam::111122223333:role/ml", "trust": {"Version": "2012-10-17", "Statement": []},
       "inline": [{"name": "models", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Action": ["bedrock:*", "aws-marketplace:Subscribe"], "Resource": "*"}]}}]}]}
    ```

    ## Good
    ```json
    {"groups": [], "policies": [], "users": [], "roles": [
      {"name": "ml", "arn": "arn:aws:iam::111122223333:role/ml", "trust": {"Version": "2012-10-17", "Statement": []},
       "inline": [{"name": "models", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Action": ["bedrock:*", "aws-marketplace:ViewSubscriptions"], "Resource": "*"}]}}]}]}
    ```
    """
    if is_told_elsewhere(principal, scene):
        return None
    policies = policies_of(scene.account)
    own, unread = _held(principal, policies, with_groups=True)
    naming = _naming(own, frozenset((_SUBSCRIBE,)))
    if not naming:
        if unread:
            raise Undetermined(unread[0])
        return None
    if not _may(principal, _SUBSCRIBE, scene.account, policies) or surely_escalates(principal, scene.account):
        return None
    names = [source.name for source in naming]
    return Hit(
        f"It may subscribe to any product, by {', '.join(names)}.",
        material=(f"buys:{_SUBSCRIBE}",),
        details={"policies": names},
    )


def _held(
    holder: User | Role | Group, policies: AccountPolicies, *, with_groups: bool = False
) -> tuple[tuple[Source, ...], tuple[str, ...]]:
    """The policies that lie on a holder itself, or with those of its groups, and what of them was not read."""
    if isinstance(holder, Group):
        return policies.of_group(holder), policies.unread_of_group(holder)
    if isinstance(holder, User) and holder.groups and not with_groups:
        holder = msgspec.structs.replace(holder, arn=f"{holder.arn}#alone", groups=())
    held = policies.identity(holder)
    return held.sources, held.unread


def _may(holder: User | Role | Group, action: str, account: Account, policies: AccountPolicies) -> bool:
    """Whether everything together lets a principal do it; of a group its own policies decide."""
    if isinstance(holder, Group):
        statements = [each for source in policies.of_group(holder) for each in source.policy.statements]
        return not any(
            not each.allows and not each.conditions and each.resources == ("*",) and covers_action(each, action)
            for each in statements
        )
    decision = questions_of(account).ask(holder.arn, action)
    if decision.decision != "no" and policies.boundary(holder).unread:
        raise Undetermined(policies.boundary(holder).unread[0])
    return decision.decision != "no"


def _may_name(held: Holdings) -> bool:
    """Whether CloudShell is named in what a user has, that of its groups included; its own would have to be read."""
    return bool(held.unread) or bool(_naming(held.sources, frozenset(_TRANSFERS)))


def _named_in(policy: Policy) -> frozenset[str]:
    """The actions of these rules that an Allow of a policy covers by patterns that name their service."""
    found = frozenset[str]()
    for each in policy.statements:
        if each.allows and not each.not_actions:
            # Nearly all patterns are of other services, which their first letter tells.
            for pattern in [pattern for pattern in each.actions if pattern[:1] in _INITIALS]:
                found |= _covered_by_name(pattern)
    return found


# Most policies are held by many.
_named = Remembered(_named_in)


def _naming_any(sources: tuple[Source, ...]) -> tuple[Source, ...]:
    return tuple([source for source in sources if _named.of(source.policy)])


# Both rules ask about the same holders, of which few have such a policy.
_of_holders = Remembered(_naming_any)


def _naming(sources: tuple[Source, ...], actions: frozenset[str]) -> list[Source]:
    """Those of the policies of a holder that name one of the actions."""
    return [source for source in _of_holders.of(sources) if not _named.of(source.policy).isdisjoint(actions)]


@lru_cache(maxsize=65536)
def _covered_by_name(pattern: str) -> frozenset[str]:
    service = pattern.partition(":")[0].lower()
    own = (action for action in (*_TRANSFERS, _SUBSCRIBE) if action.startswith(f"{service}:"))
    return frozenset(action for action in own if covers_action(Statement(0, True, (pattern,)), action))
