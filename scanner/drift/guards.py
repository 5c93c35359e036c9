"""What weighs in the settings that record, watch, tell and keep: by kind of entry and field."""

from __future__ import annotations

from scanner.drift.filters import of_filters
from scanner.drift.recording import of_store, of_trail
from scanner.drift.weighing import (
    Weigh,
    each_protects,
    each_widens,
    elsewhere,
    endangers,
    less_is_worse,
    more_is_worse,
    other,
    protects,
    there,
)
from scanner.findings import Severity

FIELDS: dict[tuple[str, str], Weigh] = {
    ("trail", "status.is_logging"): protects(True, "critical", "trail stopped", "trail started"),
    ("trail", "selectors"): of_trail,
    ("trail", "is_multi_region"): protects(True, "high", "trail records one region only", "trail records all regions"),
    ("trail", "is_organization"): protects(True, "medium", "trail is of this account only", "trail is of all accounts"),
    ("trail", "validates_files"): protects(True, "medium", "digest files off", "digest files on"),
    ("trail", "bucket"): other("high", "trail delivers to another bucket"),
    ("trail", "prefix"): other("medium", "trail delivers to another prefix"),
    ("trail", "kms_key"): elsewhere(
        "high",
        "log files encrypted with another key",
        there("medium", "log files no longer encrypted with a key", "log files encrypted with a key"),
    ),
    ("trail", "log_group"): elsewhere(
        "high",
        "trail delivers to another log group",
        there("medium", "trail no longer delivers to CloudWatch", "trail delivers to CloudWatch"),
    ),
    ("trail", "insights"): each_protects("low", "insights off", "insights on"),
    ("event-data-store", "detail.status"): protects(
        "ENABLED", "high", "event data store stopped", "event data store started"
    ),
    ("event-data-store", "detail.retention_days"): less_is_worse(
        "medium", "retention shortened", "retention lengthened"
    ),
    ("event-data-store", "detail.selectors"): of_store,
    ("event-data-store", "detail.is_multi_region"): protects(
        True, "high", "event data store of one region only", "event data store of all regions"
    ),
    ("event-data-store", "detail.is_organization"): protects(
        True, "medium", "event data store of this account only", "event data store of all accounts"
    ),
    ("event-data-store", "detail.kms_key"): elsewhere("high", "event data store encrypted with another key"),
    ("event-data-store", "detail.is_protected"): protects(True, "medium", "protection off", "protection on"),
    ("detector", "detail.status"): protects("ENABLED", "critical", "detector off", "detector on"),
    ("detector", "detail.features.status"): protects("ENABLED", "high", "detector feature off", "detector feature on"),
    ("detector", "detail.features"): each_protects("high", "detector feature off", "detector feature on"),
    ("detector", "detail.features.agents"): each_protects("medium", "agent management off", "agent management on"),
    ("detector", "filters"): of_filters,
    ("detector", "filters.detail.action"): endangers(
        "ARCHIVE", "high", "filter suppresses", "filter suppresses no more"
    ),
    ("detector", "filters.detail.criteria"): other("high", "finding filter changed"),
    ("detector", "trusted_ips"): each_widens(
        "high", "list of trusted addresses added", "list of trusted addresses removed"
    ),
    ("detector", "trusted_ips.detail.status"): endangers("ACTIVE", "high", "trusted list active", "trusted list off"),
    ("detector", "trusted_ips.detail.location"): other("high", "trusted list is another one"),
    ("detector", "trusted_entities"): each_widens(
        "high", "list of trusted entities added", "list of trusted entities removed"
    ),
    ("detector", "trusted_entities.detail.status"): endangers(
        "ACTIVE", "high", "trusted list active", "trusted list off"
    ),
    ("detector", "trusted_entities.detail.location"): other("high", "trusted list is another one"),
    ("detector", "threat_ips.detail.status"): protects("ACTIVE", "low", "threat list off", "threat list active"),
    ("detector", "threat_entities"): each_protects("low", "threat list removed", "threat list added"),
    ("detector", "administrator"): other("high", "findings go to another administrator"),
    ("detector", "administrator.account_id"): other("high", "findings go to another administrator"),
    ("detector", "members.status"): protects("Enabled", "medium", "member no longer watched", "member watched"),
    ("detector", "organization.auto_enable"): endangers(
        "NONE", "medium", "new members are not watched", "new members are watched"
    ),
    ("detector", "organization.features.auto_enable"): endangers(
        "NONE", "medium", "feature off for new members", "feature on for new members"
    ),
    ("detector", "threat_ips"): each_protects("low", "threat list removed", "threat list added"),
    ("detector", "destinations"): each_protects("medium", "export of findings removed", "export of findings added"),
    ("detector", "members"): each_protects("medium", "member left", "member added"),
    ("analyzer", "status"): protects("ACTIVE", "medium", "analyzer off", "analyzer on"),
    ("recorder-status", "is_recording"): protects(True, "high", "recorder stopped", "recorder started"),
    ("config-recorder", "all_supported"): protects(True, "medium", "recorder narrowed", "recorder widened"),
    ("config-recorder", "global_types"): protects(True, "medium", "recorder narrowed", "recorder widened"),
    ("config-recorder", "resource_types"): each_protects("medium", "recorder narrowed", "recorder widened"),
    ("config-recorder", "excluded_types"): each_widens("medium", "recorder narrowed", "recorder widened"),
    ("delivery-channel", "bucket"): other("medium", "delivers to another bucket"),
    ("security-hub", "standards"): each_protects("medium", "standard off", "standard on"),
    ("event-rule", "state"): protects("ENABLED", "high", "rule disabled", "rule enabled"),
    ("event-rule", "targets"): each_protects("high", "target removed", "target added"),
    ("event-rule", "pattern"): other("high", "pattern changed"),
    ("subscription", "arn"): endangers(
        "PendingConfirmation", "high", "subscription unconfirmed", "subscription confirmed"
    ),
    ("subscription", "settings.filter_policy"): other("high", "filter of a subscription changed"),
    ("alarm", "actions_enabled"): protects(True, "high", "alarm actions off", "alarm actions on"),
    ("alarm", "actions"): each_protects("high", "alarm action removed", "alarm action added"),
    ("alarm", "metrics"): other("high", "alarm watches another metric"),
    ("alarm", "dimensions"): other("high", "alarm watches another metric"),
    ("alarm", "rule"): other("high", "alarm watches other alarms"),
    ("metric-filter", "pattern"): other("high", "metric filter changed"),
    ("metric-filter", "metrics"): other("high", "metric filter counts into another metric"),
    ("function", "concurrency.reserved"): endangers(0, "high", "function cannot run", "function can run"),
    ("topic", "detail.kms_key"): elsewhere("medium", "topic encrypted with another key"),
    ("queue", "detail.kms_key"): elsewhere("medium", "queue encrypted with another key"),
    ("kms-key", "arn"): elsewhere("medium", "name stands for another key"),
    ("kms-key", "detail.state"): protects("Enabled", "high", "key disabled", "key enabled"),
    ("kms-key", "rotation.enabled"): protects(True, "low", "rotation off", "rotation on"),
    ("log-bucket", "bucket.policy_status.is_public"): endangers(
        True, "critical", "bucket public", "bucket no longer public"
    ),
    ("log-bucket", "bucket.versioning.status"): protects("Enabled", "medium", "versioning off", "versioning on"),
    ("log-bucket", "bucket.versioning.mfa_delete"): protects("Enabled", "low", "MFA delete off", "MFA delete on"),
    ("log-bucket", "bucket.object_lock"): there("high", "object lock gone", "object lock set"),
    ("log-bucket", "bucket.object_lock.enabled"): protects(True, "high", "object lock off", "object lock on"),
    ("log-bucket", "account_id"): other("high", "bucket is of another account"),
    ("log-bucket", "bucket.object_lock.mode"): protects(
        "COMPLIANCE", "medium", "object lock can be lifted", "object lock cannot be lifted"
    ),
    ("log-bucket", "bucket.object_lock.years"): less_is_worse("medium", "retention shortened", "retention lengthened"),
    ("log-bucket", "bucket.logging.target_bucket"): elsewhere(
        "low", "access logs go to another bucket", there("low", "access logging off", "access logging on")
    ),
    ("log-bucket", "bucket.object_lock.days"): less_is_worse("medium", "retention shortened", "retention lengthened"),
    ("log-bucket", "bucket.encryption.kms_key"): elsewhere("medium", "objects encrypted with another key"),
    ("log-bucket", "bucket.encryption"): there("low", "encryption default gone", "encryption default set"),
    ("log-bucket", "bucket.grants"): each_widens(
        "high", "grant of an access list added", "grant of an access list removed"
    ),
    ("log-bucket", "bucket.lifecycle"): each_widens("medium", "lifecycle rule added", "lifecycle rule removed"),
    ("log-bucket", "bucket.public_access_block"): there("high", "public access block gone", "public access block set"),
    ("alternate-contacts", "security"): there("low", "security contact gone", "security contact set"),
    ("organization", "id"): other("high", "another organization"),
    ("organization", "management_account"): other("high", "another management account"),
    ("organization", "feature_set"): protects(
        "ALL", "high", "organization without policies", "organization with policies"
    ),
    ("tree", "roots.enabled_policy_types"): each_protects("high", "policy type off", "policy type on"),
    ("account", "parent"): other("medium", "account moved"),
    ("declarative-ec2", "document"): other("medium", "declarative policy changed"),
    ("organization-policy", "targets"): each_protects("high", "policy detached", "policy attached"),
    ("trusted-services", "values"): each_widens(
        "medium", "service trusted by the organization", "service no longer trusted"
    ),
    ("root-features", "values"): each_protects("medium", "root feature off", "root feature on"),
    ("delegated-administrator", "services"): each_widens(
        "medium", "delegated service added", "delegated service removed"
    ),
    ("password-policy", "minimum_length"): less_is_worse("low", "passwords may be shorter", "passwords must be longer"),
    ("password-policy", "reuse_prevention"): less_is_worse("low", "passwords may be reused", "reuse prevented"),
    ("role-settings", "max_session"): more_is_worse(
        "low", "sessions may last longer", "sessions must be shorter", 3600
    ),
}
"""What weighs; every other field is neutral."""

FIELDS |= {
    (kind, f"{prefix}{field}"): protects(True, "high", "public access block off", "public access block on")
    for kind, prefix in (("log-bucket", "bucket.public_access_block."), ("public-access-block", ""))
    for field in ("block_acls", "ignore_acls", "block_policy", "restrict_buckets")
}

LOST: dict[str, tuple[Severity, str, str]] = {
    "trail": ("critical", "trail gone", "trail added"),
    "event-data-store": ("high", "event data store gone", "event data store added"),
    "log-bucket": ("high", "bucket gone", "bucket added"),
    "kms-key": ("medium", "key gone", "key added"),
    "detector": ("critical", "detector gone", "detector added"),
    "detection-admin": ("medium", "delegated administrator gone", "delegated administrator added"),
    "analyzer": ("medium", "analyzer gone", "analyzer added"),
    "config-recorder": ("high", "recorder gone", "recorder added"),
    "delivery-channel": ("high", "delivery channel gone", "delivery channel added"),
    "security-hub": ("high", "Security Hub off", "Security Hub on"),
    "security-hub-v2": ("medium", "Security Hub off", "Security Hub on"),
    "event-rule": ("high", "rule gone", "rule added"),
    "subscription": ("high", "subscription gone", "subscription added"),
    "topic": ("medium", "topic gone", "topic added"),
    "function": ("medium", "function gone", "function added"),
    "queue": ("medium", "queue gone", "queue added"),
    "metric-filter": ("medium", "metric filter gone", "metric filter added"),
    "alarm": ("medium", "alarm gone", "alarm added"),
    "password-policy": ("low", "password policy gone", "password policy set"),
    "public-access-block": ("high", "public access block gone", "public access block set"),
    "organization": ("high", "left the organization", "joined an organization"),
    "declarative-ec2": ("high", "declarative policy gone", "declarative policy set"),
    "flow-log": ("low", "flow log gone", "flow log added"),
    "organization-policy": ("medium", "policy gone", "policy added"),
    "mfa-device": ("low", "MFA device gone", "MFA device added"),
}
"""What protects by being there."""

OPENED: dict[str, tuple[Severity, str, str]] = {
    "oidc-provider": ("high", "identity provider added", "identity provider removed"),
    "saml-provider": ("high", "identity provider added", "identity provider removed"),
    "delegated-administrator": ("medium", "delegated administrator added", "delegated administrator removed"),
    "delegation-policy": ("medium", "delegation policy added", "delegation policy removed"),
    "service-credential": ("medium", "credential created", "credential deleted"),
    "access-keys": ("info", "keys listed", "keys no longer listed"),
}
"""What opens a way by being there."""
