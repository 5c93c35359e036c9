"""How to find out, for each API action, whether it may be called: the smallest question that AWS answers.

A probe changes nothing, and asks for one item where there are many. An action that needs the name of something is asked
about a real one where another probe has learnt a name, else about one that does not exist: AWS looks at permissions
first, so that "not found" is said only to those who may ask. Where that is not so the probe says which answers tell
nothing. What may hold secrets (user data, environments) is never asked for: EC2 is asked for a dry run.
"""

from __future__ import annotations

from scanner.collect.probe import NO_ONE, ZERO_UUID, ZEROS, Answer, Learn, Names, Probe


def _first(member: str, name: str | None = None) -> Learn:
    """The first item of a list, or a member of it."""

    def learn(answer: Answer, _: Names) -> str | None:
        for item in answer.get(member) or ():
            return str(item[name]) if name else str(item)
        return None

    return learn


def _own(member: str, name: str) -> Learn:
    """Of the ARNs in a list, the first of something in this account and region."""

    def learn(answer: Answer, names: Names) -> str | None:
        found = (str(item.get(name) or "") for item in answer.get(member) or ())
        return next((arn for arn in found if arn.split(":")[3:5] == [names["region"], names["account"]]), None)

    return learn


def _log_bucket(answer: Answer, _: Names) -> str | None:
    return next((str(trail["S3BucketName"]) for trail in answer["trailList"] if trail.get("S3BucketName")), None)


def _bucket(answer: Answer, names: Names) -> str | None:
    """A bucket to which trails deliver, since it is what a scan asks about, else any of the account."""
    found = sorted(str(bucket["Name"]) for bucket in answer.get("Buckets") or ())
    log_buckets = names["log_buckets"].split()
    return min(found, key=lambda name: name not in log_buckets, default=None)


def _bucket_region(answer: Answer, names: Names) -> str | None:
    chosen = _bucket(answer, names)
    return next(
        (bucket.get("BucketRegion") for bucket in answer.get("Buckets") or () if bucket["Name"] == chosen), None
    )


def _organization(member: str) -> Learn:
    return lambda answer, _: answer["Organization"].get(member)


def _codes(*codes: str) -> frozenset[str]:
    return frozenset(codes)


def _dry() -> Probe:
    return Probe({"DryRun": True}, _codes("DryRunOperation"))


def _of_detector(**more: object) -> Probe:
    return Probe({"DetectorId": "{detector}", **more}, _codes("BadRequestException"))


def _of_trail(parameter: str, *proves: str) -> Probe:
    return Probe({parameter: "{trail}"}, _codes("TrailNotFoundException", *proves))


def _of_bucket() -> Probe:
    # Names of buckets are nobody's secret: S3 tells everybody whether one exists before it looks at permissions.
    return Probe({"Bucket": "{bucket}", "ExpectedBucketOwner": "{account}"}, tells_nothing=_codes("NoSuchBucket"))


def _of_key(*proves: str) -> Probe:
    return Probe({"KeyId": "{key}"}, _codes(*proves), _codes("NotFoundException"))


def _of_function() -> Probe:
    return Probe({"FunctionName": NO_ONE}, _codes("ResourceNotFoundException"))


def _of_parent() -> Probe:
    return Probe({"ParentId": "{root}", "MaxResults": 1}, _codes("ParentNotFoundException"))


_NO_ENTITY = _codes("NoSuchEntity")
_NO_QUEUE = _codes(
    "AWS.SimpleQueueService.NonExistentQueue", "AWS.SimpleQueueService.QueueDoesNotExist", "QueueDoesNotExist"
)

PROBES: dict[str, Probe] = {
    "sts:GetCallerIdentity": Probe(),
    "ec2:DescribeRegions": Probe(),
    "account:ListRegions": Probe({"MaxResults": 50}),
    "iam:GetAccountAuthorizationDetails": Probe(
        {"Filter": ["User"], "MaxItems": 1}, gives={"user": _first("UserDetailList", "UserName")}
    ),
    "iam:ListRoles": Probe({"MaxItems": 1}),
    "iam:GenerateCredentialReport": Probe(proves=_codes("LimitExceeded")),
    "iam:GetCredentialReport": Probe(proves=_codes("ReportExpired", "ReportInProgress", "ReportNotPresent")),
    "iam:GetAccountSummary": Probe(),
    "iam:GetAccountPasswordPolicy": Probe(),
    "iam:ListVirtualMFADevices": Probe({"AssignmentStatus": "Assigned", "MaxItems": 1}),
    "iam:ListServerCertificates": Probe({"MaxItems": 1}),
    "iam:ListServiceSpecificCredentials": Probe({"AllUsers": True, "MaxItems": 1}),
    "iam:ListAccessKeys": Probe(
        {"UserName": "{user}", "MaxItems": 1}, _NO_ENTITY,
        gives={"access_key": _first("AccessKeyMetadata", "AccessKeyId")},
    ),
    # IAM finds the user by the key, and denies everybody what belongs to no user of the account.
    "iam:GetAccessKeyLastUsed": Probe(
        {"AccessKeyId": "{access_key}"}, _NO_ENTITY, _codes("AccessDenied", "AccessDeniedException")
    ),
    "iam:ListInstanceProfiles": Probe({"MaxItems": 1}),
    "iam:ListSAMLProviders": Probe(),
    "iam:ListOpenIDConnectProviders": Probe(gives={"oidc_provider": _first("OpenIDConnectProviderList", "Arn")}),
    "iam:GetOpenIDConnectProvider": Probe({"OpenIDConnectProviderArn": "{oidc_provider}"}, _NO_ENTITY),
    "iam:ListOrganizationsFeatures": Probe(
        proves=_codes("ServiceAccessNotEnabledException", "OrganizationNotInAllFeaturesModeException")
    ),
    "iam:GenerateServiceLastAccessedDetails": Probe(
        {"Arn": f"arn:{{partition}}:iam::{{account}}:role/{NO_ONE}"}, _NO_ENTITY
    ),
    "iam:GetServiceLastAccessedDetails": Probe({"JobId": ZERO_UUID, "MaxItems": 1}, _NO_ENTITY),
    "account:GetAlternateContact": Probe({"AlternateContactType": "SECURITY"}),
    "account:GetContactInformation": Probe(),
    "organizations:DescribeOrganization": Probe(
        gives={"management": _organization("MasterAccountId"), "feature_set": _organization("FeatureSet")}
    ),
    "organizations:ListRoots": Probe({"MaxResults": 1}, gives={"root": _first("Roots", "Id")}),
    "organizations:ListAccounts": Probe({"MaxResults": 1}),
    "organizations:ListOrganizationalUnitsForParent": _of_parent(),
    "organizations:ListAccountsForParent": _of_parent(),
    "organizations:ListPolicies": Probe({"Filter": "SERVICE_CONTROL_POLICY", "MaxResults": 1}),
    "organizations:DescribePolicy": Probe({"PolicyId": "p-FullAWSAccess"}, _codes("PolicyNotFoundException")),
    "organizations:ListTargetsForPolicy": Probe(
        {"PolicyId": "p-FullAWSAccess", "MaxResults": 1}, _codes("PolicyNotFoundException")
    ),
    "organizations:DescribeEffectivePolicy": Probe({"PolicyType": "DECLARATIVE_POLICY_EC2"}),
    "organizations:ListDelegatedAdministrators": Probe({"MaxResults": 1}),
    "organizations:ListDelegatedServicesForAccount": Probe(
        {"AccountId": "{account}", "MaxResults": 1},
        _codes("AccountNotFoundException", "AccountNotRegisteredException", "ConstraintViolationException"),
    ),
    "organizations:ListAWSServiceAccessForOrganization": Probe({"MaxResults": 1}),
    "organizations:DescribeResourcePolicy": Probe(),
    "s3control:GetPublicAccessBlock": Probe({"AccountId": "{account}"}),
    "s3:ListBuckets": Probe({"MaxBuckets": 10000}, gives={"bucket": _bucket, "bucket_region": _bucket_region}),
    "s3:GetBucketLocation": _of_bucket(),
    "s3:GetBucketPolicy": _of_bucket(),
    "s3:GetBucketPolicyStatus": _of_bucket(),
    "s3:GetBucketVersioning": _of_bucket(),
    "s3:GetObjectLockConfiguration": _of_bucket(),
    "s3:GetPublicAccessBlock": _of_bucket(),
    "s3:GetBucketLogging": _of_bucket(),
    "s3:GetBucketEncryption": _of_bucket(),
    "s3:GetBucketLifecycleConfiguration": _of_bucket(),
    "s3:GetBucketOwnershipControls": _of_bucket(),
    "s3:GetBucketAcl": _of_bucket(),
    "ec2:DescribeInstances": _dry(),
    "ec2:DescribeLaunchTemplateVersions": Probe(
        {"DryRun": True, "Versions": ["$Latest"]}, _codes("DryRunOperation")
    ),
    "ec2:GetInstanceMetadataDefaults": _dry(),
    "ec2:DescribeImages": Probe({"DryRun": True, "Owners": ["self"]}, _codes("DryRunOperation")),
    "ec2:DescribeSecurityGroups": _dry(),
    "ec2:DescribeRouteTables": _dry(),
    "ec2:DescribeVpcEndpoints": _dry(),
    "ec2:DescribeFlowLogs": _dry(),
    "autoscaling:DescribeAutoScalingGroups": Probe({"MaxRecords": 1}),
    "autoscaling:DescribeLaunchConfigurations": Probe({"LaunchConfigurationNames": [NO_ONE]}),
    "elbv2:DescribeLoadBalancers": Probe({"PageSize": 1}),
    "elbv2:DescribeTargetGroups": Probe(
        {"PageSize": 1}, gives={"target_group": _own("TargetGroups", "TargetGroupArn")}
    ),
    "elbv2:DescribeTargetHealth": Probe({"TargetGroupArn": "{target_group}"}, _codes("TargetGroupNotFound")),
    "elb:DescribeLoadBalancers": Probe({"PageSize": 1}),
    "ssm:DescribeInstanceInformation": Probe({"MaxResults": 5}),
    "ssm:GetServiceSetting": Probe({"SettingId": "/ssm/managed-instance/default-ec2-instance-management-role"}),
    "cloudtrail:DescribeTrails": Probe(
        gives={
            "trail": _own("trailList", "TrailARN"),
            "key": _own("trailList", "KmsKeyId"),
            "log_bucket": _log_bucket,
        }
    ),
    "cloudtrail:GetTrailStatus": _of_trail("Name"),
    "cloudtrail:GetEventSelectors": _of_trail("TrailName"),
    "cloudtrail:GetInsightSelectors": _of_trail("TrailName", "InsightNotEnabledException"),
    "cloudtrail:ListEventDataStores": Probe(
        {"MaxResults": 1}, gives={"event_data_store": _own("EventDataStores", "EventDataStoreArn")}
    ),
    "cloudtrail:GetEventDataStore": Probe(
        {"EventDataStore": "{event_data_store}"}, _codes("EventDataStoreNotFoundException")
    ),
    "guardduty:ListDetectors": Probe({"MaxResults": 1}, gives={"detector": _first("DetectorIds")}),
    "guardduty:GetDetector": _of_detector(),
    "guardduty:ListFilters": _of_detector(MaxResults=1),
    "guardduty:GetFilter": _of_detector(FilterName=NO_ONE),
    "guardduty:ListIPSets": _of_detector(MaxResults=1),
    "guardduty:GetIPSet": _of_detector(IpSetId=ZEROS),
    "guardduty:ListTrustedEntitySets": _of_detector(MaxResults=1),
    "guardduty:GetTrustedEntitySet": _of_detector(TrustedEntitySetId=ZEROS),
    "guardduty:ListThreatIntelSets": _of_detector(MaxResults=1),
    "guardduty:GetThreatIntelSet": _of_detector(ThreatIntelSetId=ZEROS),
    "guardduty:ListThreatEntitySets": _of_detector(MaxResults=1),
    "guardduty:GetThreatEntitySet": _of_detector(ThreatEntitySetId=ZEROS),
    "guardduty:ListPublishingDestinations": _of_detector(MaxResults=1),
    "guardduty:GetAdministratorAccount": _of_detector(),
    "guardduty:ListMembers": _of_detector(MaxResults=1),
    "guardduty:DescribeOrganizationConfiguration": _of_detector(MaxResults=1),
    "guardduty:ListOrganizationAdminAccounts": Probe({"MaxResults": 1}, _codes("BadRequestException")),
    "guardduty:ListFindings": _of_detector(MaxResults=1),
    "guardduty:GetFindings": _of_detector(FindingIds=[ZEROS]),
    "accessanalyzer:ListAnalyzers": Probe({"maxResults": 1}),
    "config:DescribeConfigurationRecorders": Probe(),
    "config:DescribeConfigurationRecorderStatus": Probe(),
    "config:DescribeDeliveryChannels": Probe(),
    "config:DescribeConfigurationAggregators": Probe({"Limit": 1}),
    "securityhub:DescribeHub": Probe(),
    "securityhub:DescribeSecurityHubV2": Probe(),
    "securityhub:GetEnabledStandards": Probe({"MaxResults": 1}, _codes("InvalidAccessException")),
    "events:ListEventBuses": Probe({"Limit": 1}),
    "events:ListRules": Probe({"Limit": 1}, gives={"rule": _first("Rules", "Name")}),
    "events:ListTargetsByRule": Probe({"Rule": "{rule}", "Limit": 1}, _codes("ResourceNotFoundException")),
    "sns:ListSubscriptions": Probe(
        gives={
            "topic": _own("Subscriptions", "TopicArn"),
            "subscription": _own("Subscriptions", "SubscriptionArn"),
        }
    ),
    "sns:GetSubscriptionAttributes": Probe({"SubscriptionArn": "{subscription}"}, _codes("NotFound")),
    "sns:GetTopicAttributes": Probe({"TopicArn": "{topic}"}, tells_nothing=_codes("NotFound", "NotFoundException")),
    "lambda:GetFunctionConfiguration": _of_function(),
    "lambda:GetFunctionConcurrency": _of_function(),
    "lambda:GetPolicy": _of_function(),
    "sqs:GetQueueAttributes": Probe(
        {"QueueUrl": f"https://sqs.{{region}}.amazonaws.com/{{account}}/{NO_ONE}", "AttributeNames": ["Policy"]},
        tells_nothing=_NO_QUEUE,
    ),
    "cloudwatch:DescribeAlarms": Probe({"MaxRecords": 1}),
    "logs:DescribeMetricFilters": Probe({"limit": 1}),
    "kms:DescribeKey": _of_key(),
    "kms:GetKeyPolicy": _of_key(),
    "kms:GetKeyRotationStatus": _of_key("UnsupportedOperationException"),
    "athena:ListWorkGroups": Probe({"MaxResults": 1}),
    "athena:GetWorkGroup": Probe({"WorkGroup": "primary"}, _codes("InvalidRequestException")),
    "glue:GetDatabases": Probe({"MaxResults": 1}, gives={"database": _first("DatabaseList", "Name")}),
    "glue:GetTables": Probe({"DatabaseName": "{database}", "MaxResults": 1}, _codes("EntityNotFoundException")),
}  # fmt: skip
"""The probe of every action that ``scanner.actions`` declares."""
