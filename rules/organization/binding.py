"""Whether the credentials of instances are bound to where they were issued."""

from __future__ import annotations

import msgspec

from rules.frameworks import attack, csf, well_architected
from rules.organization.regions import POLICIES
from rules.organization.requests import PROBE, answer, by_administrator, levels, open_region
from rules.organization.standing import bound_accounts
from scanner.engine import Hit, NoParameters, Scene, rule
from scanner.iam.conditions import is_negated
from scanner.iam.context import Values
from scanner.iam.documents import Condition
from scanner.iam.formula import Verdict
from scanner.iam.in_force import Levels
from scanner.iam.sources import Source
from scanner.inventory import Account, Gap, Undetermined

_ACTIONS = ("s3:GetObject", "secretsmanager:GetSecretValue", "ec2:DescribeInstances", "iam:CreateUser")
"""What a thief of instance credentials does first."""

_WITHOUT_VALUE = ("${aws:sourcevpc}", "${aws:sourcevpcarn}", "${aws:sourcevpce}", "${aws:vpcsourceip}")
"""Variables of keys that only requests through an endpoint have."""


@rule(
    "organization-credential-binding-missing",
    severity="high",
    phase="contain",
    subjects=bound_accounts,
    apis=POLICIES,
    controls=(*csf("PR.AA-05"), *well_architected("SEC03-BP05"), *attack(v18="T1552.005")),
    references=(
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_data-perimeters.html",
    ),
)
def organization_credential_binding_missing(account: Account, _: Scene[NoParameters]) -> Hit | None:
    """Credentials stolen from an instance work from anywhere.

    ## Why
    Whoever reads the metadata service of one instance uses its role from home for hours, and GuardDuty notices at best
    afterwards. A service control policy that compares where a request comes from with where the credentials were
    issued (aws:Ec2InstanceSourceVpc, aws:Ec2InstanceSourcePrivateIPv4) makes them worthless elsewhere. Asked is
    whether such credentials, of a role that may do everything, get through from the internet. A Deny that compares with
    a variable which such a request lacks (${aws:SourceVpc}) leaves that open. Of the management account, which no such
    policy binds, another rule tells.

    ## Fix
    Attach a service control policy that denies requests with ec2:SourceInstanceARN whose aws:SourceVpc is not
    ${aws:Ec2InstanceSourceVpc}, and those from outside your own addresses; first for some roles, by a tag.

    ## Breaks
    Requests that leave through an address that is not listed, or to services for which the VPC has no endpoint; look in
    CloudTrail for them first.

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
          {"Effect": "Allow", "Action": "*", "Resource": "*"}]}}}]}}
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
        {"id": "p-binding", "name": "binding", "type": "SERVICE_CONTROL_POLICY",
         "is_aws_managed": false, "targets": ["r-exam"],
         "content": {"kind": "policy-content", "document": {"Version": "2012-10-17", "Statement": [
           {"Effect": "Deny", "Action": "*", "Resource": "*",
            "Condition": {"Null": {"ec2:SourceInstanceARN": "false"}, "BoolIfExists": {"aws:ViaAWSService": "false"},
                          "StringNotEquals": {"aws:SourceVpc": "${aws:Ec2InstanceSourceVpc}"}}}]}}}]}}
    ```
    """
    scps = levels(account, "scp")
    said = _stolen_from_an_instance(account, open_region(account, scps))
    answers = {action: _answer(account, scps, action, said) for action in _ACTIONS}
    through = [action for action in _ACTIONS if answers[action] == "yes"]
    if not through:
        undecided = [action for action in _ACTIONS if answers[action] == "only_if"]
        if undecided:
            raise Undetermined(f"whether {undecided[0]} gets through hangs on conditions that no fact decides")
        return None
    has_instances = _may_have_instances(account)
    return Hit(
        f"No policy of the organization stops them outside: {', '.join(through)} would get through."
        + ("" if has_instances else " There are no instances at present."),
        material=tuple(f"unbound:{action}" for action in through),
        details={"allowed": through, "denied": [action for action in _ACTIONS if answers[action] == "no"]},
        severity=None if has_instances else "medium",
    )


def _answer(account: Account, scps: Levels, action: str, said: dict[str, Values]) -> Verdict:
    found = answer(by_administrator(account, scps, action, _resource(account, action), said))
    if found != "yes":
        return found
    unequal = tuple(tuple(_as_if_unequal(source) for source in level) for level in scps)
    if unequal == scps or answer(by_administrator(account, unequal, action, _resource(account, action), said)) == "yes":
        return found
    # AWS takes a statement as not matching where a variable has no value, yet shows such policies as examples.
    return "only_if"


def _as_if_unequal(source: Source) -> Source:
    """The policy, had nothing to be equal to what the request lacks: "is not ${aws:SourceVpc}" then holds in a Deny."""
    if not source.has_variables:
        return source
    statements = tuple(
        msgspec.structs.replace(
            each, conditions=tuple(condition for condition in each.conditions if not _is_with_nothing(condition))
        )
        if not each.allows and any(map(_is_with_nothing, each.conditions))
        else each
        for each in source.policy.statements
    )
    if all(one is other for one, other in zip(statements, source.policy.statements, strict=True)):
        return source
    return msgspec.structs.replace(source, policy=msgspec.structs.replace(source.policy, statements=statements))


def _is_with_nothing(condition: Condition) -> bool:
    return is_negated(condition.operator) and any(
        variable in value.lower().replace(" ", "") for value in condition.values for variable in _WITHOUT_VALUE
    )


def _resource(account: Account, action: str) -> str:
    start, owner = f"arn:{account.partition}", account.account_id
    return {
        "s3:GetObject": f"{start}:s3:::{PROBE}/object",
        "secretsmanager:GetSecretValue": f"{start}:secretsmanager:us-east-1:{owner}:secret:{PROBE}",
        "iam:CreateUser": f"{start}:iam::{owner}:user/{PROBE}",
    }.get(action, "*")


def _stolen_from_an_instance(account: Account, region: str) -> dict[str, Values]:
    instance = f"arn:{account.partition}:ec2:{region}:{account.account_id}:instance/i-04c1f04c1f04c1f04"
    return {
        "ec2:sourceinstancearn": (instance,),
        "ec2:roledelivery": ("2.0",),
        "aws:ec2instancesourcevpc": ("vpc-04c1f04c1f04c1f04",),
        "aws:ec2instancesourceprivateipv4": ("10.0.0.10",),
        "aws:requestedregion": (region,),
    }


def _may_have_instances(account: Account) -> bool:
    """Whether an instance is there to steal from, as far as is known."""
    return not account.regions or any(
        isinstance(region.instances, Gap) or any(each.state != "terminated" for each in region.instances)
        for region in account.regions
    )
