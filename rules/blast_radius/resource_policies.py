"""What the policies of resources give away, whatever the policies of principals say."""

from __future__ import annotations

import re

from rules.blast_radius.policies import Policed, every_policy, working
from rules.frameworks import attack, cis, csf, well_architected
from rules.principals import resource_part
from scanner.engine import Hit, NoParameters, Scene, rule
from scanner.events.delivery_admission import strangers_may
from scanner.iam.documents import understood
from scanner.inventory import known

_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
_POLICIES = (
    "cloudtrail:DescribeTrails",
    "cloudtrail:GetEventDataStore",
    "cloudtrail:ListEventDataStores",
    "events:ListEventBuses",
    "events:ListRules",
    "events:ListTargetsByRule",
    "sns:GetTopicAttributes",
    "kms:DescribeKey",
    "kms:GetKeyPolicy",
    "lambda:GetFunctionConfiguration",
    "lambda:GetPolicy",
    "s3:GetBucketEncryption",
    "s3:GetBucketLocation",
    "s3:ListBuckets",
    "sqs:GetQueueAttributes",
)

_BY_URL = "lambda:InvokeFunctionUrl"
_ASKED = {
    "kms": (
        "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom",
        "kms:CreateGrant", "kms:RevokeGrant",
    ),
    "lambda": (
        "lambda:InvokeFunction", _BY_URL, "lambda:GetFunction", "lambda:UpdateFunctionCode",
        "lambda:UpdateFunctionConfiguration", "lambda:AddPermission", "lambda:DeleteFunction",
    ),
    "sqs": (
        "sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:PurgeQueue", "sqs:ChangeMessageVisibility",
    ),
}  # fmt: skip
"""What a stranger would do with a resource; KMS and SQS let nobody of another account change its settings."""


@rule(
    "resource-policy-open",
    severity="high",
    phase="contain",
    subjects=working,
    apis=_POLICIES,
    controls=(*cis(v7="2.21"), *csf("PR.AA-05"), *well_architected("SEC03-BP07"), *attack(v18="T1530")),
    references=(
        f"{_GUIDE}reference_policies_elements_principal.html",
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-security-best-practices.html",
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-limitations-of-custom-policies.html",
        "https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html",
        "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html",
        "https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html",
    ),
)
def resource_policy_open(found: Policed, _: Scene[NoParameters]) -> Hit | None:
    """Anybody with an AWS account may use a queue, a function or an encryption key.

    ## Why
    What alerts and logs travel through is open: a stranger reads the alerts or takes them out of the queue, calls the
    function that responds to incidents with an event of his own making, or decrypts the logs. Whether a function that
    may be called by its URL has one is not looked at. Looked at are the queues and functions that alerts go to, and the
    keys of logs and alerts; buckets, topics and event buses have rules of their own. A policy that names everybody
    under a condition which only this account, its organization or a service meets is fine, as is one whose Deny keeps
    strangers out.

    ## Fix
    Name the accounts or services that need it; for services demand aws:SourceArn or aws:SourceAccount.

    ## Breaks
    Callers of other accounts that nobody wrote down; name them.

    ## Bad
    ```json
    {"regions": [{"name": "eu-west-1", "trails": [], "event_data_stores": [], "event_buses": [], "event_rules": []}],
     "log_buckets": [], "topics": [], "functions": [], "keys": [],
     "queues": [{"arn": "arn:aws:sqs:eu-west-1:111122223333:alerts", "detail":
      {"kind": "queue", "policy": {"kind": "policy", "document": {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": "*"}]}}}}]}
    ```

    ## Good
    ```json
    {"regions": [{"name": "eu-west-1", "trails": [], "event_data_stores": [], "event_buses": [], "event_rules": []}],
     "log_buckets": [], "topics": [], "functions": [], "keys": [],
     "queues": [{"arn": "arn:aws:sqs:eu-west-1:111122223333:alerts", "detail":
      {"kind": "queue", "policy": {"kind": "policy", "document": {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*", "Condition":
          {"ArnEquals": {"aws:SourceArn": "arn:aws:sns:eu-west-1:111122223333:security"}}}]}}}}]}
    ```
    """
    policy = known(found.policy)
    if policy is None:
        return None
    actions = [action for action in _ASKED[found.service] if strangers_may(policy, action, found.arn)]
    if not actions:
        understood(policy.document, f"the policy of {resource_part(found.arn)}")
        return None
    only_by_url = actions == [_BY_URL]
    return Hit(
        f"Anybody may {', '.join(actions)} here{', if it has a URL' if only_by_url else ''}.",
        material=tuple(f"public:{action}" for action in actions),
        details={"actions": actions},
        confidence="medium" if only_by_url else "high",
    )


_SESSION = re.compile(r"arn:[a-z-]+:sts::([0-9]{12}):(assumed-role|federated-user)/.+")
_USER = re.compile(r"arn:[a-z-]+:iam::([0-9]{12}):user/.+")


@rule(
    "resource-policy-names-session",
    severity="medium",
    phase="contain",
    subjects=every_policy,
    apis=(
        *_POLICIES,
        "s3:GetBucketPolicy",
    ),
    controls=(*cis(v7="2.21"), *csf("PR.AA-05"), *well_architected("SEC03-BP07"), *attack(v18="T1098")),
    references=(
        f"{_GUIDE}reference_policies_evaluation-logic.html",
        f"{_GUIDE}access_policies_boundaries.html",
    ),
)
def resource_policy_names_session(found: Policed, scene: Scene[NoParameters]) -> Hit | None:
    """A resource policy lets in a session or a user by name.

    ## Why
    Such a grant goes past the policies of the principal: taking all of them away, or a permissions boundary, leaves it
    in force, so that only a Deny, or a change here, contains the thief. The name of a session is chosen by whoever
    assumes the role. Low where only users are named: a key can be switched off. Looked at are the log buckets, topics,
    queues, functions and event buses of alerts, and the keys of both; policies of VPC endpoints grant nothing.

    ## Fix
    Name the role in place of its session, and a role in place of the user; or name the account, and let the policies of
    its principals decide. Until then contain by a Deny.

    ## Breaks
    The session or user, if its own policies do not allow the same: allow it there first.

    ## Bad
    ```json
    {"regions": [{"name": "eu-west-1", "trails": [], "event_data_stores": [], "event_buses": [], "event_rules": []}],
     "functions": [], "keys": [], "topics": [], "log_buckets": [], "queues": [
       {"arn": "arn:aws:sqs:eu-west-1:111122223333:alerts", "detail": {"kind": "queue",
        "policy": {"kind": "policy", "document": {"Version": "2012-10-17", "Statement": [
          {"Effect": "Allow", "Principal": {"AWS": "arn:aws:sts::111122223333:assumed-role/ops/ann"},
           "Action": "sqs:*", "Resource": "*"}]}}}}]}
    ```

    ## Good
    ```json
    {"regions": [{"name": "eu-west-1", "trails": [], "event_data_stores": [], "event_buses": [], "event_rules": []}],
     "functions": [], "keys": [], "topics": [], "log_buckets": [], "queues": [
       {"arn": "arn:aws:sqs:eu-west-1:111122223333:alerts", "detail": {"kind": "queue",
        "policy": {"kind": "policy", "document": {"Version": "2012-10-17", "Statement": [
          {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/ops"},
           "Action": "sqs:*", "Resource": "*"}]}}}}]}
    ```
    """
    policy = known(found.policy)
    if policy is None:
        return None
    where = f"the policy of {resource_part(found.arn)}"
    own = scene.account.account_id
    allows = [each for each in understood(policy.document, where).statements if each.allows and not each.not_principals]
    names = {name for each in allows for kind, name in each.principals if kind == "AWS"}
    sessions = sorted(name for name in names if (of := _SESSION.fullmatch(name)) and of[1] == own)
    users = sorted(name for name in names if (of := _USER.fullmatch(name)) and of[1] == own)
    if not sessions and not users:
        return None
    return Hit(
        f"Its policy lets in {', '.join(resource_part(name) for name in (*sessions, *users))} by name, whatever the"
        " policies of the principal say.",
        material=tuple(f"names:{name}" for name in (*sessions, *users)),
        details={"sessions": sessions, "users": users},
        severity=None if sessions else "low",
    )
