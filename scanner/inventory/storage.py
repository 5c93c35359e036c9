"""Where logs lie: buckets and encryption keys, and what can ask questions of the logs."""

from __future__ import annotations

from scanner.inventory.documents import ResourcePolicy
from scanner.inventory.fact import Fact, Instant
from scanner.inventory.gap import Gap
from scanner.inventory.trails import FieldCondition


class PublicAccessBlock(Fact, frozen=True, tag_field="kind", tag="public-access-block"):
    """The four switches that keep a bucket, or all buckets of an account, from the public."""

    block_acls: bool = False
    ignore_acls: bool = False
    block_policy: bool = False
    restrict_buckets: bool = False


class PolicyStatus(Fact, frozen=True, tag_field="kind", tag="policy-status"):
    """Whether S3 itself judges a bucket's policy as public."""

    is_public: bool


class Versioning(Fact, frozen=True, tag_field="kind", tag="versioning"):
    """The versioning of a bucket; ``status`` None means that it was never switched on."""

    status: str | None = None
    mfa_delete: str | None = None


class ObjectLock(Fact, frozen=True, tag_field="kind", tag="object-lock"):
    """The object lock of a bucket with the default retention, in days or years, if it has one."""

    enabled: bool
    mode: str | None = None
    days: int | None = None
    years: int | None = None


class AccessLogging(Fact, frozen=True, tag_field="kind", tag="access-logging"):
    """Where the access logs of a bucket go; None where it writes none."""

    target_bucket: str | None = None


class Encryption(Fact, frozen=True, tag_field="kind", tag="encryption"):
    """How a bucket encrypts new objects."""

    algorithm: str
    kms_key: str | None = None


class LifecycleRule(Fact, frozen=True):
    """A lifecycle rule: after how many days objects, or their older versions, are deleted.

    It ``is_filtered`` where it is for some objects only; ``prefix`` says for which, if a prefix alone decides.
    """

    status: str
    expiration_days: int | None = None
    expiration_date: Instant | None = None
    noncurrent_days: int | None = None
    is_filtered: bool = False
    prefix: str | None = None


class Ownership(Fact, frozen=True, tag_field="kind", tag="ownership"):
    """Who owns objects; with ``BucketOwnerEnforced`` access control lists have no effect."""

    object_ownership: str | None = None


class Grant(Fact, frozen=True):
    """An entry of an access control list; the grantee is a group's address or a canonical id."""

    grantee: str
    permission: str


class Bucket(Fact, frozen=True, tag_field="kind", tag="bucket"):
    """A bucket of this account into which logs are delivered.

    Attributes:
        region: where it is, None if AWS does not say.
        policy, public_access_block, object_lock, lifecycle, encryption, ownership: None where AWS says that there is
            none.
        grants: its access control list; None where lists have no effect, so that it was not asked for.
    """

    name: str
    region: str | None = None
    policy: ResourcePolicy | Gap | None = Gap("s3:GetBucketPolicy", "skipped")
    policy_status: PolicyStatus | Gap | None = Gap("s3:GetBucketPolicyStatus", "skipped")
    versioning: Versioning | Gap = Gap("s3:GetBucketVersioning", "skipped")
    object_lock: ObjectLock | Gap | None = Gap("s3:GetObjectLockConfiguration", "skipped")
    public_access_block: PublicAccessBlock | Gap | None = Gap("s3:GetPublicAccessBlock", "skipped")
    logging: AccessLogging | Gap = Gap("s3:GetBucketLogging", "skipped")
    encryption: Encryption | Gap | None = Gap("s3:GetBucketEncryption", "skipped")
    lifecycle: tuple[LifecycleRule, ...] | Gap | None = Gap("s3:GetBucketLifecycleConfiguration", "skipped")
    ownership: Ownership | Gap | None = Gap("s3:GetBucketOwnershipControls", "skipped")
    grants: tuple[Grant, ...] | Gap | None = Gap("s3:GetBucketAcl", "skipped")


class LogBucket(Fact, frozen=True):
    """A bucket that something delivers logs to; a gap ``elsewhere`` where it is not this account's.

    Attributes:
        account_id: whose bucket it is; None where that is not known.
    """

    name: str
    bucket: Bucket | Gap
    account_id: str | None = None


class KeyDetail(Fact, frozen=True, tag_field="kind", tag="key-detail"):
    """A KMS key: ``manager`` is ``AWS`` or ``CUSTOMER``, ``state`` must be ``Enabled`` for it to work."""

    manager: str
    state: str
    origin: str | None = None
    spec: str | None = None
    usage: str | None = None
    multi_region: bool = False
    deletion: Instant | None = None


class KeyRotation(Fact, frozen=True, tag_field="kind", tag="key-rotation"):
    """Whether a key is rotated by itself, and every how many days."""

    enabled: bool
    period_days: int | None = None


class KmsKey(Fact, frozen=True):
    """A key that logs, topics or trails are encrypted with.

    Attributes:
        named: the ARN, alias or id by which the resource names it.
        arn: the key's own ARN, None where it could not be resolved.
        detail: None where AWS says that there is no such key, so that what is encrypted with it is lost.
        policy, rotation: None where they were not asked for, since AWS manages the key.
    """

    named: str
    region: str
    arn: str | None
    detail: KeyDetail | Gap | None
    policy: ResourcePolicy | Gap | None
    rotation: KeyRotation | Gap | None


class EventDataStoreDetail(Fact, frozen=True, tag_field="kind", tag="event-data-store"):
    """The settings of an event data store; its selectors are written as trails write theirs."""

    status: str
    retention_days: int | None = None
    is_multi_region: bool = False
    is_organization: bool = False
    is_protected: bool = False
    kms_key: str | None = None
    selectors: tuple[tuple[FieldCondition, ...], ...] = ()


class EventDataStore(Fact, frozen=True):
    """An event data store of CloudTrail Lake; days of retention."""

    arn: str
    name: str
    detail: EventDataStoreDetail | Gap


class WorkGroupDetail(Fact, frozen=True, tag_field="kind", tag="work-group"):
    """The settings of a work group; with managed results Athena keeps them, and there is no output location."""

    output: str | None = None
    is_enforced: bool = False
    has_managed_results: bool = False


class WorkGroup(Fact, frozen=True):
    """A work group of Athena; the output location may be None where queries have to name one."""

    name: str
    state: str
    detail: WorkGroupDetail | Gap


class LogTable(Fact, frozen=True):
    """A table of the Glue catalogue whose location is in a bucket of logs.

    Attributes:
        projects_partitions: whether partitions are computed, so that today's logs are found without loading any.
    """

    database: str
    name: str
    location: str
    partition_keys: tuple[str, ...] = ()
    projects_partitions: bool = False


class QueryTools(Fact, frozen=True):
    """What can ask questions of the logs in one region."""

    region: str
    work_groups: tuple[WorkGroup, ...] | Gap
    tables: tuple[LogTable, ...] | Gap
