"""Which facts of the account belong to its baseline: of every field it is decided here, and of none by default.

A field is kept, or it is left out because it changes although nobody changed anything, or because other fields say the
same. A test asks for every field of the inventory, so that a new one has to be decided.
"""

from __future__ import annotations

import msgspec


class Fields(msgspec.Struct, frozen=True):
    """The fields of one type, as names with spaces between.

    Attributes:
        kept: what the baseline holds.
        volatile: what changes by itself: uses, deliveries, states of health, and what was found.
        derived: what follows from other facts that are kept.
    """

    kept: str
    volatile: str = ""
    derived: str = ""


FIELDS: dict[str, Fields] = {
    "AccessKey": Fields("id user status created", volatile="last_used last_used_region last_used_service"),
    "AccountSummary": Fields("counters"),
    "AttachedPolicy": Fields("name arn"),
    "CredentialReport": Fields("rows", volatile="generated"),
    "CredentialRow": Fields(
        (
            "user arn created password_enabled mfa_active key_1_active "
            "key_1_rotated key_2_active key_2_rotated cert_1_active "
            "cert_1_rotated cert_2_active cert_2_rotated"
        ),
        volatile=(
            "password_last_used password_last_changed key_1_last_used "
            "key_1_last_used_region key_1_last_used_service key_2_last_used "
            "key_2_last_used_region key_2_last_used_service"
        ),
    ),
    "Group": Fields("name arn id path created attached inline"),
    "InlinePolicy": Fields("name document"),
    "InstanceProfile": Fields("name arn roles"),
    "ManagedPolicy": Fields("arn name versions", derived="attachments boundary_uses"),
    "PolicyVersion": Fields("id document is_default created"),
    "Role": Fields(
        "name arn trust id path created attached inline boundary instance_profiles tags",
        volatile="last_used last_used_region tells_use",
    ),
    "Tag": Fields("key value"),
    "User": Fields("name arn id path created groups attached inline boundary tags"),
    "UserKeys": Fields("user keys"),
    "AccessLogging": Fields("target_bucket"),
    "Bucket": Fields(
        "name region policy policy_status versioning object_lock "
        "public_access_block logging encryption lifecycle ownership grants"
    ),
    "Encryption": Fields("algorithm kms_key"),
    "EventDataStore": Fields("arn name detail"),
    "EventDataStoreDetail": Fields(
        "status retention_days is_multi_region is_organization is_protected kms_key selectors"
    ),
    "Grant": Fields("grantee permission"),
    "KeyDetail": Fields("manager state origin spec usage multi_region deletion"),
    "KeyRotation": Fields("enabled period_days"),
    "KmsKey": Fields("named region arn detail policy rotation"),
    "LifecycleRule": Fields("status expiration_days expiration_date noncurrent_days is_filtered prefix"),
    "LogBucket": Fields("name bucket account_id"),
    "LogTable": Fields("database name location partition_keys projects_partitions"),
    "ObjectLock": Fields("enabled mode days years"),
    "Ownership": Fields("object_ownership"),
    "PolicyStatus": Fields("is_public"),
    "PublicAccessBlock": Fields("block_acls ignore_acls block_policy restrict_buckets"),
    "QueryTools": Fields("region work_groups tables"),
    "Versioning": Fields("status mfa_delete"),
    "WorkGroup": Fields("name state detail"),
    "WorkGroupDetail": Fields("output is_enforced has_managed_results"),
    "Account": Fields(
        (
            "account_id partition users groups roles policies instance_profiles "
            "credential_report summary access_keys role_settings password_policy "
            "virtual_mfa_devices server_certificates service_credentials "
            "saml_providers oidc_providers contacts contact_information "
            "public_access_block organization log_buckets keys topics functions "
            "queues query_tools regions other_regions"
        ),
        volatile="taken_at caller last_accessed",
        derived="coverage",
    ),
    "CoverageRow": Fields("", volatile="account_id region api status calls message"),
    "Administrator": Fields("account_id status"),
    "Analyzer": Fields("arn name type status managed_by"),
    "ConfigAggregator": Fields("name is_organization all_regions"),
    "ConfigRecorder": Fields("name role all_supported global_types resource_types excluded_types strategy service"),
    "DeliveryChannel": Fields("name bucket topic"),
    "DetectionAdmin": Fields("account_id status"),
    "Detector": Fields(
        (
            "id arn detail filters trusted_ips trusted_entities threat_ips "
            "threat_entities destinations administrator members organization"
        ),
        volatile="open_findings",
    ),
    "DetectorDetail": Fields("status publishing_frequency features"),
    "DetectorFeature": Fields("name status agents"),
    "FeatureEnablement": Fields("name auto_enable"),
    "FilterDetail": Fields("action criteria rank"),
    "FindingFilter": Fields("name detail"),
    "FindingSet": Fields("id detail"),
    "Member": Fields("account_id status"),
    "OpenFinding": Fields("", volatile="id type severity resource_type resource_id account_id updated"),
    "OrganizationDetection": Fields("auto_enable features", derived="is_limit_reached"),
    "PublishingDestination": Fields("id type status"),
    "RecorderStatus": Fields("name is_recording", volatile="last_status last_error"),
    "SecurityHub": Fields("arn auto_enables_controls standards"),
    "SecurityHubV2": Fields("arn"),
    "SetDetail": Fields("name status format location"),
    "Alarm": Fields("name arn actions_enabled actions metrics rule dimensions type", volatile="state"),
    "Concurrency": Fields("reserved"),
    "EventBus": Fields("name arn policy"),
    "EventRule": Fields("name arn state targets pattern bus managed_by"),
    "EventTarget": Fields("id arn role dead_letter_queue retries max_age transforms_input"),
    "Function": Fields("arn detail policy concurrency"),
    "FunctionDetail": Fields("runtime package_type role dead_letter_queue", volatile="state last_update"),
    "MetricFilter": Fields("name log_group pattern metrics"),
    "Queue": Fields("arn detail"),
    "QueueDetail": Fields("policy kms_key uses_sqs_encryption"),
    "Subscription": Fields("topic protocol arn endpoint endpoint_sha256 settings"),
    "SubscriptionSettings": Fields("filter_policy filter_scope dead_letter_queue"),
    "Topic": Fields("arn detail"),
    "TopicDetail": Fields("policy kms_key confirmed"),
    "AlternateContact": Fields("email_domain email_sha256 has_phone"),
    "AlternateContacts": Fields("security billing operations"),
    "ContactInformation": Fields("has_name has_phone has_address"),
    "LastAccessed": Fields("", volatile="arn services"),
    "OidcDetail": Fields("url client_ids thumbprints created"),
    "OidcProvider": Fields("arn detail"),
    "PasswordPolicy": Fields(
        "minimum_length reuse_prevention max_age requires_symbols "
        "requires_numbers requires_uppercase requires_lowercase "
        "users_may_change hard_expiry"
    ),
    "RoleSettings": Fields("arn max_session"),
    "SamlProvider": Fields("arn created valid_until"),
    "ServerCertificate": Fields("name arn expires"),
    "ServiceAccess": Fields("", volatile="service last_used last_used_region"),
    "ServiceCredential": Fields("id user service status created expires"),
    "VirtualMfaDevice": Fields("serial user enabled"),
    "AutoScalingGroup": Fields("name arn templates launch_configuration min_size max_size", volatile="desired"),
    "FlowLog": Fields("id resource status traffic destination", volatile="delivery"),
    "IngressRule": Fields("protocol from_port to_port sources"),
    "LaunchConfiguration": Fields("name arn metadata instance_profile image gives_public_address"),
    "LoadBalancer": Fields("name arn scheme type vpc security_groups", volatile="instances"),
    "ManagedInstance": Fields("id platform resource_type", volatile="ping agent_version"),
    "RouteTable": Fields("id vpc is_main subnets internet_gateways"),
    "SecurityGroup": Fields("id name vpc ingress allows_egress"),
    "ServiceSetting": Fields("value status"),
    "TargetGroup": Fields("arn target_type load_balancers", volatile="targets"),
    "TemplateUse": Fields("template_id template_name version image"),
    "VpcEndpoint": Fields("id service type state vpc policy"),
    "BasicSelector": Fields("read_write management excluded_sources data_resources"),
    "DataResource": Fields("type beginnings"),
    "EventSelectors": Fields("basic advanced"),
    "FieldCondition": Fields("field operators"),
    "InsightSelector": Fields("type categories"),
    "Trail": Fields(
        "arn name home_region status selectors bucket prefix is_multi_region "
        "is_organization validates_files kms_key log_group insights"
    ),
    "TrailStatus": Fields(
        "is_logging started_logging stopped_logging",
        volatile=(
            "latest_delivery latest_delivery_error latest_digest_delivery "
            "latest_digest_error latest_logs_delivery latest_logs_error"
        ),
    ),
    "DelegatedAdministrator": Fields("account_id services"),
    "EffectivePolicy": Fields("document"),
    "MemberAccount": Fields("id name state parent joined"),
    "Organization": Fields("id management_account feature_set"),
    "OrganizationFacts": Fields(
        ("membership tree accounts policies delegates trusted_services delegation_policy declarative_ec2 features"),
        volatile="read_in",
    ),
    "OrganizationPolicy": Fields("id name type is_aws_managed content targets"),
    "OrganizationRoot": Fields("id name enabled_policy_types"),
    "OrganizationTree": Fields("roots units"),
    "OrganizationalUnit": Fields("id name parent"),
    "PolicyContent": Fields("document"),
    "FilterPolicy": Fields("document"),
    "ResourcePolicy": Fields("document"),
    "Gap": Fields("api status region", volatile="reason"),
    "Image": Fields("id imds_support"),
    "Instance": Fields(
        ("id arn metadata instance_profile image vpc placements security_groups key_name"),
        volatile="state launched addresses private_addresses",
    ),
    "LaunchTemplateVersion": Fields(
        "template_id arn name version is_default is_latest metadata instance_profile image"
    ),
    "MetadataDefaults": Fields("options tokens_enforced managed_by"),
    "MetadataOptions": Fields("tokens endpoint hop_limit ipv6 tags"),
    "Region": Fields(
        "name instances launch_templates images imds_defaults trails detectors "
        "event_rules subscriptions scaling_groups launch_configurations "
        "security_groups route_tables load_balancers classic_balancers "
        "target_groups vpc_endpoints flow_logs managed_instances "
        "host_management event_data_stores detection_admins event_buses "
        "metric_filters alarms analyzers recorders recorder_statuses "
        "delivery_channels aggregators security_hub security_hub_v2"
    ),
}
"""Every type of the inventory, by its name."""


def kept(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    """The names of the fields of a type that the baseline holds, in their order."""
    chosen = set(FIELDS[kind.__name__].kept.split())
    return tuple(name for name in kind.__struct_fields__ if name in chosen)
