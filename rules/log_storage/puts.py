"""Who may write into the bucket of the logs."""

from __future__ import annotations

import msgspec

from rules.frameworks import attack, csf, well_architected
from rules.log_storage.subjects import LISTED, log_buckets
from rules.trails.keys import names_of
from rules.trails.subjects import GUIDE
from scanner.engine import Hit, NoParameters, Scene, rule
from scanner.evidence_access import MEMBERS, Evidence
from scanner.iam.bounds import demands
from scanner.iam.documents import Condition, Statement, understood
from scanner.iam.globs import overlap
from scanner.iam.matching import covers_action, covers_resource
from scanner.iam.principals import TrustedPrincipal
from scanner.inventory import ResourcePolicy, Undetermined, known
from scanner.log_buckets import BucketOfLogs, log_files, owner_of, require_folders

_CLOUDTRAIL = "cloudtrail.amazonaws.com"
_PUT = "s3:PutObject"
_IS_SERVICE = "aws:principalisawsservice"
_SENT = frozenset({"aws:sourceaccount", "aws:sourcearn"})
"""The keys that every request of CloudTrail has, whosever trail it is for."""


@rule(
    "trail-bucket-open-puts",
    severity="medium",
    phase="investigate",
    subjects=log_buckets,
    apis=(*LISTED, "s3:GetBucketPolicy", "organizations:DescribeOrganization"),
    controls=(*csf("RS.AN-07"), *well_architected("SEC04-BP02"), *attack(v18="T1565.001")),
    references=(
        f"{GUIDE}create-s3-bucket-policy-for-cloudtrail.html",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html",
    ),
)
def trail_bucket_open_puts(found: BucketOfLogs, scene: Scene[NoParameters]) -> Hit | None:
    """Others than your own trails can write into the bucket of the logs.

    ## Why
    A policy that lets CloudTrail write for anybody lets a stranger's trail write too: he fills the bucket, and your
    evidence is mixed with what he made up. Where principals of another account may write themselves, they can replace
    log files.

    ## Fix
    Demand aws:SourceArn (the ARN of the trail) or aws:SourceAccount, for an organization aws:SourceOrgID, in the
    statement that lets CloudTrail write, and take other writers out. Declare accounts that are meant to write.

    ## Breaks
    Trails of other accounts that deliver here and are not named: list all of them first.

    ## Bad
    ```json
    {"regions": [{"name": "us-east-1", "trails": []}], "log_buckets": [
      {"name": "logs", "account_id": "111122223333", "bucket": {"kind": "bucket", "name": "logs",
       "policy": {"kind": "policy", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:PutObject",
          "Resource": "arn:aws:s3:::logs/AWSLogs/111122223333/*",
          "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}}]}}}}]}
    ```

    ## Good
    ```json
    {"regions": [{"name": "us-east-1", "trails": []}], "log_buckets": [
      {"name": "logs", "account_id": "111122223333", "bucket": {"kind": "bucket", "name": "logs",
       "policy": {"kind": "policy", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:PutObject",
          "Resource": "arn:aws:s3:::logs/AWSLogs/111122223333/*",
          "Condition": {"StringEquals": {"aws:SourceArn": "arn:aws:cloudtrail:us-east-1:111122223333:trail/main",
            "s3:x-amz-acl": "bucket-owner-full-control"}}}]}}}}]}
    ```
    """
    policy = known(found.bucket.policy)
    if policy is None:
        return None
    declared = scene.declared
    trusted = {*declared.accounts, *declared.log_archives}
    ways = tuple(((_PUT, file),) for file in log_files(found.name, scene.account))
    owner = owner_of(found.log, scene.account) or scene.account.account_id
    evidence = Evidence(scene.account, f"the bucket {found.name}", policy, ways, owner)
    strangers = evidence.strangers(lambda account: account in trusted)
    for_anybody = _open_to_any_trail(policy, found.name, scene.account.partition)
    if not strangers.able and not for_anybody:
        if strangers.doubts:
            raise Undetermined(strangers.doubts[0])
        require_folders(found.name, scene.account)
        return None
    parts = ["CloudTrail may write into it for anybody's trail."] if for_anybody else []
    if strangers.able:
        parts.append(f"It can be written to by {names_of(strangers.able, is_cut=False)}.")
    return Hit(
        " ".join(parts),
        material=(
            *(("puts:any-trail",) if for_anybody else ()), *(f"puts:{each.principal}" for each in strangers.able),
        ),
        details={"statements": list(for_anybody)},
        severity="high" if any(each.principal != MEMBERS for each in strangers.able) else None,
        confidence="high" if for_anybody or any(each.certain for each in strangers.able) else "medium",
    )  # fmt: skip


def _open_to_any_trail(policy: ResourcePolicy, name: str, partition: str) -> tuple[int, ...]:
    """The statements that let CloudTrail write without a demand on whose trail it is."""
    statements = understood(policy.document, f"the policy of {name}").statements
    seen = tuple(each for statement in statements if (each := _as_a_service_sees(statement)) is not None)
    service = TrustedPrincipal("service", _CLOUDTRAIL)
    everything = f"arn:{partition}:s3:::{name}/*"
    return tuple(
        statement.index
        for statement in seen
        if statement.allows
        and not statement.not_principals
        and ("Service", _CLOUDTRAIL) in statement.principals
        and covers_action(statement, _PUT)
        and (objects := _objects(statement, everything))
        and not demands(service, statement, _about(seen, objects), frozenset({_PUT}))
    )


def _objects(allow: Statement, everything: str) -> tuple[str, ...]:
    """The objects of the bucket that an Allow is about, as patterns."""
    if allow.not_resources:
        return (everything,)
    patterns = [each for each in allow.resources if overlap(each, everything) is not None]
    return tuple(each if each.startswith(everything[:-1]) else everything for each in patterns)


def _about(statements: tuple[Statement, ...], objects: tuple[str, ...]) -> tuple[Statement, ...]:
    """The statements without each Deny that leaves out some of the objects: where it is silent, anybody may write."""
    return tuple(each for each in statements if each.allows or all(covers_resource(each, one) for one in objects))


def _as_a_service_sees(statement: Statement) -> Statement | None:
    """A statement with what the caller's being a service of AWS settles; None where it never speaks of one."""
    about = [condition for condition in statement.conditions if condition.key == _IS_SERVICE]
    if any(condition.operator == "bool" and condition.values == ("false",) for condition in about):
        return None
    kept = tuple(
        condition
        for condition in statement.conditions
        if condition.key != _IS_SERVICE and (statement.allows or not _is_met_by_cloudtrail(condition))
    )
    principals = statement.principals
    if not statement.allows and ("Service", _CLOUDTRAIL) in principals:
        # What is denied to the service by name is denied to whoever uses it.
        principals = (*principals, ("AWS", "*"))
    return msgspec.structs.replace(statement, conditions=kept, principals=principals)


def _is_met_by_cloudtrail(condition: Condition) -> bool:
    return condition.operator == "null" and condition.key in _SENT and condition.values == ("false",)
