"""To have before an incident: instance credentials that are worth nothing to a thief, and no IMDSv1 to steal them by.

Sources: "AWS global condition context keys" and "Data perimeters" in the IAM User Guide, and AWS's own example of such
a policy (aws-samples/data-perimeter-policy-examples), from which the exceptions are; "IAM policies for the instance
metadata service" in the Amazon EC2 User Guide; "Declarative policy syntax and examples" in the AWS Organizations User
Guide.
"""

from __future__ import annotations

from collections.abc import Iterable

from policies.documents import values
from policies.documents.quotas import DECLARATIVE, SCP
from policies.documents.template import IAM, ORGANIZATIONS, Template
from policies.documents.writing import NotWritable, PolicyDocument, deny, document

_EC2 = "https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/"
_TRY = (
    "As a service control policy (aws organizations create-policy --type SERVICE_CONTROL_POLICY, attach-policy): first "
    "on a unit for tests, where you look in CloudTrail for what is denied, then further up."
)

# The data planes that AWS's example exempts, which check for themselves where in a VPC a request comes from.
_EXEMPT = ["dax:*", "elasticfilesystem:Client*", "kafka-cluster:*", "neptune-db:*", "rds-db:connect"]

BIND_INSTANCE_CREDENTIALS = Template(
    name="bind-instance-credentials",
    title="Bind the credentials of instances to where they were issued",
    when="to have before",
    applies_to="organization",
    layer="scp",
    quota=SCP,
    description=(
        "Denies requests that are signed with the credentials of an instance, and come through an endpoint of another "
        "VPC than its own, or through no endpoint and from other addresses than yours. Stolen, they are worth nothing "
        "elsewhere. Requests that AWS makes on behalf of the caller are let through. Ids of VPCs are compared, which "
        "are unique in a region only. It does not bind the management account, nor credentials of a role that was "
        "assumed with those of the instance, nor those of Lambda and ECS."
    ),
    keep="For good.",
    place=_TRY,
    breaks=(
        "Instances that reach AWS from an address that is not listed, such as a public one of their own. Through no "
        "endpoint, also data planes in a VPC (DAX, EFS, MSK, Neptune, IAM sign-in to RDS, OpenSearch), where they "
        "show a private address."
    ),
    needs=("cidr",),
    may=("partition",),
    file="bind-instance-credentials.json",
    sources=(f"{IAM}reference_policies_condition-keys.html", f"{IAM}access_policies_data-perimeters.html"),
)

IMDSV2 = Template(
    name="imdsv2",
    title="No launch without IMDSv2, and no way back",
    when="to have before",
    applies_to="organization",
    layer="scp",
    quota=SCP,
    description=(
        "Refuses launches that do not demand IMDSv2, and changes of the metadata options of instances and of the "
        "account's defaults by others than the response role. Instances that run with IMDSv1 are left as they are: "
        "change them first."
    ),
    keep="For good.",
    place=_TRY,
    breaks=(
        "Launches that do not say HttpTokens=required themselves or in their launch template: autoscaling groups, node "
        "groups and build tools among them. Tools that set metadata options after the launch."
    ),
    may=("response-role", "partition"),
    file="imdsv2.json",
    sources=(f"{_EC2}configuring-IMDS-new-instances.html",),
)

REFUSE_IMDSV1 = Template(
    name="refuse-imdsv1",
    title="No rights for credentials that came by IMDSv1",
    when="to have before",
    applies_to="organization",
    layer="scp",
    quota=SCP,
    description=(
        "Denies everything to credentials that an instance handed out through IMDSv1, the version that a server can be "
        "tricked into reading for somebody else. The strongest of the three, and the one that breaks most."
    ),
    keep="For good.",
    place=_TRY + " Look for ec2RoleDelivery 1.0 in CloudTrail, or MetadataNoToken in CloudWatch, for a month before.",
    breaks="Whatever still fetches its credentials without a token: old SDKs, scripts, agents. At once, everywhere.",
    file="refuse-imdsv1.json",
    sources=(f"{_EC2}configuring-instance-metadata-service.html",),
)

IMDSV2_DEFAULTS = Template(
    name="imdsv2-defaults",
    title="IMDSv2 as the default of every account and region",
    when="to have before",
    applies_to="organization",
    layer="declarative policy",
    quota=DECLARATIVE,
    description=(
        "Makes IMDSv2 with a hop limit of one the default of every account and region, which accounts cannot change, "
        "and refuses launches without it. Instances that run are left as they are. Whether instances have a metadata "
        "service at all, and show tags in it, stays with the accounts."
    ),
    keep="For good.",
    place=(
        "As a declarative policy for EC2: aws organizations enable-policy-type and create-policy, both with "
        "DECLARATIVE_POLICY_EC2, then attach-policy; AWS writes a report of the present settings on demand "
        "(aws ec2 start-declarative-policies-report)."
    ),
    breaks="Launches with HttpTokens=optional. Containers on an instance that read its metadata: they need two hops.",
    file="imdsv2-defaults.json",
    sources=(f"{ORGANIZATIONS}orgs_manage_policies_declarative_syntax.html",),
)


def bind_instance_credentials(networks: Iterable[str], partition: str = "aws") -> PolicyDocument:
    """Deny requests with credentials of instances from elsewhere.

    Args:
        networks: the public addresses by which instances reach AWS where there is no endpoint, as CIDR blocks.
        partition: of the organization.

    Raises:
        NotWritable: none is given, or one is no network, private, or so wide that a thief is in it.
    """
    egress = sorted({values.network(each) for each in networks})
    if not egress:
        raise NotWritable("no address is given: name those of the NAT gateways and proxies of the instances")
    of_instance = {"ec2:SourceInstanceARN": "false"}
    by_themselves = {"BoolIfExists": {"aws:ViaAWSService": "false"}}
    # EC2 itself attaches and encrypts volumes in the name of an instance.
    infrastructure = f"arn:{values.partition(partition)}:iam::*:role/aws:ec2-infrastructure"
    return document(
        deny(
            "BindEc2CredsToVpc",
            {
                "Null": {**of_instance, "aws:SourceVpc": "false"},
                **by_themselves,
                "StringNotEquals": {"aws:Ec2InstanceSourceVpc": "${aws:SourceVpc}"},
            },
            NotAction=_EXEMPT,
        ),
        deny(
            "BindEc2CredsToEgress",
            {
                "Null": {**of_instance, "aws:SourceVpc": "true"},
                **by_themselves,
                "NotIpAddressIfExists": {"aws:SourceIp": egress},
                "ArnNotLikeIfExists": {"aws:PrincipalArn": infrastructure},
            },
        ),
    )


def imdsv2(response_role: str, partition: str = "aws") -> PolicyDocument:
    """Deny launches without IMDSv2, and changes of metadata options by others than the response role."""
    start = f"arn:{values.partition(partition)}"
    return document(
        deny(
            "RequireImdsV2",
            {"StringNotEquals": {"ec2:MetadataHttpTokens": "required"}},
            Action="ec2:RunInstances",
            Resource=f"{start}:ec2:*:*:instance/*",
        ),
        deny(
            "KeepMetadataOptions",
            {"ArnNotLike": {"aws:PrincipalArn": f"{start}:iam::*:role/{values.role_name(response_role)}"}},
            Action=["ec2:ModifyInstanceMetadataDefaults", "ec2:ModifyInstanceMetadataOptions"],
        ),
    )


def refuse_imdsv1() -> PolicyDocument:
    """Deny everything to credentials that came by IMDSv1; requests that are not of an instance lack the key."""
    return document(deny("RefuseImdsV1", {"NumericLessThan": {"ec2:RoleDelivery": "2.0"}}))


def imdsv2_defaults() -> PolicyDocument:
    """The declarative policy by which IMDSv2 is the default, and demanded at launch."""
    wanted = {"http_tokens": "required", "http_put_response_hop_limit": "1", "http_tokens_enforced": "enabled"}
    return {
        "ec2_attributes": {
            "exception_message": {"@@assign": "The organization requires IMDSv2: HttpTokens=required."},
            "instance_metadata_defaults": {
                **{name: {"@@assign": value} for name, value in wanted.items()},
                "http_endpoint": {"@@assign": "no_preference"},
                "instance_metadata_tags": {"@@assign": "no_preference"},
            },
        }
    }
