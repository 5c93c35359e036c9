"""Whether the responders can save what is on an instance before it is gone."""

from __future__ import annotations

from rules.frameworks import attack, csf, well_architected
from rules.principals import resource_part
from rules.response.responders import responders
from scanner.containment import scps_in_force, why_scps_are_unknown
from scanner.engine import Hit, NoParameters, Scene, rule
from scanner.engine.subjects import the_account, unlisted_regions
from scanner.iam.decision import Decision
from scanner.iam.powers import power_of
from scanner.iam.questions import Questions
from scanner.iam.sources import policies_of
from scanner.inventory import Account, Gap, NotCollected, Role, Undetermined

_GONE = {"terminated", "shutting-down"}
_DISK = "04c1f04c1f04c1f04"


@rule(
    "response-role-cannot-snapshot",
    severity="low",
    phase="investigate",
    subjects=the_account,
    apis=(
        "iam:GetAccountAuthorizationDetails", "ec2:DescribeInstances", "organizations:DescribeOrganization",
        "organizations:ListRoots", "organizations:ListAccounts", "organizations:ListAccountsForParent",
        "organizations:ListOrganizationalUnitsForParent", "organizations:ListPolicies", "organizations:DescribePolicy",
        "organizations:ListTargetsForPolicy",
    ),
    controls=(*csf("RS.AN-06"), *well_architected("SEC10-BP03"), *attack(v18="T1070")),
    references=(
        "https://docs.aws.amazon.com/ebs/latest/userguide/ebs-creating-snapshot.html",
        "https://docs.aws.amazon.com/ebs/latest/userguide/ebs-modifying-snapshot-permissions.html",
    ),
)  # fmt: skip
def response_role_cannot_snapshot(account: Account, scene: Scene[NoParameters]) -> Hit | None:
    """No response role may save the disk of an instance and hand it to the investigators.

    ## Why
    Evidence on an instance lasts as long as the instance: an Auto Scaling group, or the thief, may end it at any time.
    A snapshot takes one call, and sharing it with the account of the investigators another; both have to be allowed to
    the role that the responders hold when it counts. Asked is whether a response role may call ec2:CreateSnapshot and
    ec2:ModifySnapshotAttribute on a disk of this account, where it has instances. Where no response role is declared or
    recognised there is nothing to ask.

    ## Fix
    Allow ec2:CreateSnapshot, ec2:CreateTags and ec2:ModifySnapshotAttribute to the response role, and the use of the
    keys with which the disks are encrypted; a snapshot under the default key aws/ebs cannot be shared.

    ## Breaks
    Nothing. Whoever holds the role can read the disks of all instances.

    ## Bad
    ```json
    {"users": [], "groups": [], "policies": [], "organization": {"membership": null},
     "regions": [{"name": "eu-west-1", "instances": [
       {"id": "i-1", "arn": "arn:aws:ec2:eu-west-1:111122223333:instance/i-1", "state": "running"}]}],
     "roles": [
      {"name": "responder", "arn": "arn:aws:iam::111122223333:role/responder",
       "trust": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "sts:AssumeRole",
          "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}]},
       "inline": [{"name": "contain", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Resource": "*",
          "Action": ["iam:PutRolePolicy", "iam:PutUserPolicy", "iam:UpdateAccessKey"]}]}}]}]}
    ```

    ## Good
    ```json
    {"users": [], "groups": [], "policies": [], "organization": {"membership": null},
     "regions": [{"name": "eu-west-1", "instances": [
       {"id": "i-1", "arn": "arn:aws:ec2:eu-west-1:111122223333:instance/i-1", "state": "running"}]}],
     "roles": [
      {"name": "responder", "arn": "arn:aws:iam::111122223333:role/responder",
       "trust": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "sts:AssumeRole",
          "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}]},
       "inline": [{"name": "contain", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Resource": "*",
          "Action": ["iam:PutRolePolicy", "iam:PutUserPolicy", "iam:UpdateAccessKey", "ec2:*Snapshot*"]}]}}]}]}
    ```
    """
    judged = responders(scene)
    if not judged.roles:
        if judged.unclear:
            raise Undetermined(judged.unclear)
        return None
    region = _region_with_instances(account)
    if region is None:
        return None
    asked = [(role, _decisions(role, region, account)) for role in judged.roles]
    for role, decisions in asked:
        if all(each.decision == "yes" for each in decisions):
            _refuse_unread(role, account)
            return None
    for role, _ in asked:
        power = power_of(role, policies_of(account))
        if power.unread:
            raise Undetermined(power.unread[0])
    told = [
        f"{resource_part(role.arn)}: {each.action}: {each.reason}"
        for role, decisions in asked
        for each in decisions
        if each.decision != "yes"
    ]
    return Hit(
        f"No response role can save a disk. {' '.join(told[:3])}",
        material=("response-role:no-snapshot",),
        details={"refused": told[:20]},
        confidence="high" if any(each.decision == "no" for _, found in asked for each in found) else "medium",
    )


def _region_with_instances(account: Account) -> str | None:
    """A region in which there are instances; None where there are none anywhere.

    Raises:
        Undetermined: there may be some where none could be listed.
    """
    for region in account.regions:
        if isinstance(region.instances, Gap):
            continue
        if any(instance.state not in _GONE for instance in region.instances):
            return region.name
    for region in account.regions:
        if isinstance(region.instances, Gap) and region.instances.status != "not_applicable":
            raise NotCollected(region.instances)
    for unread in unlisted_regions(account):
        raise NotCollected(unread.gap)
    return None


def _decisions(role: Role, region: str, account: Account) -> tuple[Decision, ...]:
    ec2 = f"arn:{account.partition}:ec2:{region}"
    volume, snapshot = f"{ec2}:{account.account_id}:volume/vol-{_DISK}", f"{ec2}::snapshot/snap-{_DISK}"
    wanted = (
        ("ec2:CreateSnapshot", volume), ("ec2:CreateSnapshot", snapshot), ("ec2:ModifySnapshotAttribute", snapshot),
    )  # fmt: skip
    questions = Questions(account)
    context = {"aws:requestedregion": (region,), "aws:resourceaccount": (account.account_id,)}
    return tuple(questions.ask(role.arn, action, resource, context=context) for action, resource in wanted)


def _refuse_unread(role: Role, account: Account) -> None:
    """Raise ``Undetermined`` where something that was not read could refuse what is allowed."""
    power = power_of(role, policies_of(account))
    for reason in (*power.unread, power.unread_boundary):
        if reason:
            raise Undetermined(reason)
    if scps_in_force(account) is None:
        raise why_scps_are_unknown(account)
