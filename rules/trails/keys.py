"""The keys of trails: who could take the logs away by taking the key, and who could not read them."""

from __future__ import annotations

from collections.abc import Iterator

from rules.frameworks import attack, csf, well_architected
from scanner.engine import AtLeastOne, Hit, NoParameters, Scene, Subject, Unread, rule
from scanner.engine.subjects import account_resource
from scanner.evidence_access import MEMBERS, Able, Evidence
from scanner.findings import Resource
from scanner.inventory import Account, Gap, KmsKey, Undetermined, known
from scanner.log_buckets import listed_trails

_KMS = "https://docs.aws.amazon.com/kms/latest/developerguide/"


def key_resource(account: Account, key: KmsKey) -> Resource:
    """A key by its ARN, or by how it is named where that is not known."""
    arn = key.arn or key.named
    return Resource(arn, "AWS::KMS::Key", arn.rpartition("/")[2], account.account_id, key.region)


def is_own_key(key: KmsKey, account: Account) -> bool:
    """Whether a key is the account's own, as far as its name tells."""
    return (key.arn or key.named).split(":")[4:5] in ([], [account.account_id])


def keys_of_trails(account: Account) -> Iterator[Subject[KmsKey] | Unread]:
    """The keys that trails encrypt with, each once, without those that AWS manages and those that do not exist."""
    if isinstance(account.keys, Gap):
        yield Unread(account_resource(account), account.keys)
        return
    for region in account.regions:
        if isinstance(region.trails, Gap):
            yield Unread(account_resource(account, region.name), region.trails)
    if account.other_regions is not None:
        yield Unread(account_resource(account), account.other_regions)
    named = {trail.kms_key for trail in listed_trails(account)}
    seen: set[str] = set()
    for key in account.keys:
        is_ours = isinstance(key.detail, Gap) or (key.detail is not None and key.detail.manager != "AWS")
        if key.named in named and is_ours and (key.arn or key.named) not in seen:
            seen.add(key.arn or key.named)
            yield Subject(key_resource(account, key), key)


_HARM = ("kms:DisableKey", "kms:ScheduleKeyDeletion", "kms:PutKeyPolicy")


class Named(NoParameters, frozen=True):
    """Parameters of ``trail-key-weak-guard``: ``most_named`` is how many principals are looked for and named."""

    most_named: AtLeastOne = 20


@rule(
    "trail-key-weak-guard",
    severity="high",
    phase="investigate",
    subjects=keys_of_trails,
    apis=(
        "cloudtrail:DescribeTrails", "kms:DescribeKey", "kms:GetKeyPolicy", "iam:GetAccountAuthorizationDetails",
    ),
    controls=(*csf("RS.AN-07", "PR.AA-05"), *well_architected("SEC10-BP05"), *attack(v18="T1486")),
    references=(f"{_KMS}key-policy-default.html", f"{_KMS}deleting-keys.html"),
    parameters=Named,
)  # fmt: skip
def trail_key_weak_guard(key: KmsKey, scene: Scene[Named]) -> Hit | None:
    """Somebody who is no administrator can take away the key of the logs.

    ## Why
    Whoever disables the key stops the trail without a call to CloudTrail, and whoever lets it be deleted makes every
    old file unreadable; to change its policy leads to both. Asked are users and roles of the account, by their policies
    and the policy of the key, without MFA. Administrators can do it too, and have findings of their own.

    ## Fix
    Let the key policy give these actions to the few who keep the key, and declare them as administrators. Deny them to
    all others, in the key policy or by a service control policy.

    ## Breaks
    Pipelines that manage keys in general: exempt this key, or let them manage it from the account that keeps the logs.

    ## Bad
    ```json
    {"groups": [], "policies": [], "users": [], "roles": [
      {"name": "app", "arn": "arn:aws:iam::111122223333:role/app", "trust": {"Version": "2012-10-17", "Statement": []},
       "inline": [{"name": "keys", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}]}}]}],
     "regions": [{"name": "us-east-1", "trails": [
      {"arn": "arn:aws:cloudtrail:us-east-1:111122223333:trail/main", "name": "main", "home_region": "us-east-1",
       "kms_key": "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
       "status": {"kind": "trail-status", "is_logging": true}, "selectors": {"kind": "event-selectors"}}]}],
     "keys": [{"named": "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
       "region": "us-east-1", "arn": "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
       "detail": {"kind": "key-detail", "manager": "CUSTOMER", "state": "Enabled"}, "rotation": null,
       "policy": {"kind": "policy", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*",
          "Resource": "*"}]}}}]}
    ```

    ## Good
    ```json
    {"groups": [], "policies": [], "users": [], "roles": [
      {"name": "app", "arn": "arn:aws:iam::111122223333:role/app", "trust": {"Version": "2012-10-17", "Statement": []},
       "inline": [{"name": "keys", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Action": ["kms:Decrypt", "kms:GenerateDataKey"], "Resource": "*"}]}}]}],
     "regions": [{"name": "us-east-1", "trails": [
      {"arn": "arn:aws:cloudtrail:us-east-1:111122223333:trail/main", "name": "main", "home_region": "us-east-1",
       "kms_key": "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
       "status": {"kind": "trail-status", "is_logging": true}, "selectors": {"kind": "event-selectors"}}]}],
     "keys": [{"named": "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
       "region": "us-east-1", "arn": "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
       "detail": {"kind": "key-detail", "manager": "CUSTOMER", "state": "Enabled"}, "rotation": null,
       "policy": {"kind": "policy", "document": {"Version": "2012-10-17", "Statement": [
         {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kms:*",
          "Resource": "*"}]}}}]}
    ```
    """
    known(key.detail)
    declared, arn = scene.declared, key.arn or key.named
    ways = tuple(((action, arn),) for action in _HARM)
    owner = scene.account.account_id if is_own_key(key, scene.account) else arn.split(":")[4]
    evidence = Evidence(scene.account, f"the key {arn}", known(key.policy), ways, owner)
    strangers = evidence.strangers(lambda account: account in {*declared.accounts, *declared.log_archives})
    found = evidence.audience(declared.may_administrate, scene.parameters.most_named)
    able = (*strangers.able, *found.able)
    if not able:
        doubts = (*strangers.doubts, *found.doubts)
        if doubts:
            raise Undetermined(min(doubts))
        return None
    return Hit(
        f"{names_of(able, is_cut=found.is_cut)} can disable it, let it be deleted or change its policy.",
        material=tuple(f"takes-key:{each.principal}" for each in able),
        details={"able": [{"principal": each.principal, "actions": list(each.actions)} for each in able]},
        confidence="high" if any(each.certain for each in able) else "medium",
    )


def names_of(able: tuple[Able, ...], *, is_cut: bool) -> str:
    """Some of those who may, as the beginning of a sentence."""
    spoken = {"*": "anybody", "NotPrincipal": "anybody", MEMBERS: "every account of the organization"}
    names = [spoken.get(each.principal, each.principal) for each in able]
    shown = [name.split(":", 5)[-1] if ":role/" in name or ":user/" in name else name for name in names[:3]]
    more = f" and {'at least ' if is_cut else ''}{len(names) - len(shown)} more" if len(names) > len(shown) else ""
    return f"{', '.join(shown)}{more}"
