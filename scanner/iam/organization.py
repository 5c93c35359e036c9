"""Where organization policies apply.

Source: "Resource control policies (RCPs)" in the AWS Organizations User Guide, its list of services as of
September 2026.
"""

from __future__ import annotations

from scanner.iam.caller import Caller

RCP_SERVICES = frozenset((
    "aoss", "appconfig", "appstream", "autoscaling", "autoscaling-plans", "budgets", "clouddirectory", "cloudfront",
    "cloudsearch", "cloudtrail-data", "codeartifact", "codebuild", "codecommit", "codepipeline", "cognito-identity",
    "cognito-idp", "comprehend", "comprehendmedical", "compute-optimizer", "cost-optimization-hub", "dax", "dsql",
    "dynamodb", "ecr", "ecr-public", "events", "firehose", "fis", "fms", "gamelift", "health", "inspector-scan",
    "kendra", "kinesisvideo", "kms", "logs", "memorydb", "networkmonitor", "notifications", "opensearch",
    "pca-connector-ad", "personalize", "polly", "pricing", "resource-groups", "rolesanywhere", "s3", "secretsmanager",
    "servicediscovery", "signin", "sqs", "sts", "support", "swf", "textract", "timestream-influxdb", "transcribe",
    "transfer", "translate", "wafv2", "workspaces", "xray",
))  # fmt: skip


def rcps_apply(caller: Caller, action: str, resource: str) -> bool:
    """Whether resource control policies bear on an action; they spare service-linked roles, also as a resource."""
    name = action.lower()
    service = name.partition(":")[0]
    exempt = caller.is_service_linked or ":role/aws-service-role/" in resource
    return service in RCP_SERVICES and not exempt and name != "kms:retiregrant"
