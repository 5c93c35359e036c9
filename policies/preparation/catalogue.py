"""What one has before an incident, as templates, and the forms in which each is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from policies.documents.protecting import QUARANTINE_TAG
from policies.documents.template import IAM, Template
from policies.preparation import detectors, isolation, logs_cloudformation, logs_terraform, response_forms
from policies.preparation.language import Form
from policies.preparation.wish import ISOLATION_ROLE, Wish, checked

_STACK = "aws cloudformation deploy --template-file FILE --stack-name NAME --capabilities CAPABILITY_NAMED_IAM"
_STACK_SET = (
    "aws cloudformation create-stack-set with --permission-model SERVICE_MANAGED, --auto-deployment "
    "Enabled=true,RetainStacksOnAccountRemoval=false; then create-stack-instances with --deployment-targets "
    "OrganizationalUnitIds=ROOT"
)

RESPONSE_ROLE = Template(
    name="response-role",
    title="The role by which people contain (break glass)",
    when="to have before",
    applies_to="account",
    layer="stack",
    description=(
        "May put Deny policies on every role and user, attach AWSDenyAll, set boundaries, freeze trust policies, end "
        f"keys and passwords, set the tag {QUARANTINE_TAG}, stop and isolate instances, and read what an "
        "investigation needs. It cannot change itself, and its sessions last an hour. Whoever holds it can become "
        "any principal of the account. With --principal ACCOUNT, or the ARN of a user, MFA and a source identity are "
        "demanded; with the ARN of a role, whose sessions carry no sign of MFA, a source identity alone: that role "
        "has to ask for MFA. Service control policies are attached from the management account, with credentials of "
        "there."
    ),
    keep="For good; practise with it twice a year.",
    place=f"In every account: {_STACK}, or as a stack set in one region ({_STACK_SET} --regions ONE).",
    breaks="Nothing. It cannot terminate instances, or delete roles, users and keys.",
    may=("principal", "response-role"),
    file="response-role.json",
    sources=(
        f"{IAM}id_credentials_temp_control-access_monitor.html",
        f"{IAM}id_credentials_mfa_configure-api-require.html",
    ),
)

ISOLATION = Template(
    name="isolation-role",
    title="A role and an instance profile without rights",
    when="to have before",
    applies_to="account",
    layer="stack",
    description=(
        f"The role and the instance profile {ISOLATION_ROLE}, with AWSDenyAll. Associated with an instance that was "
        "broken into (aws ec2 replace-iam-instance-profile-association), its metadata service hands out credentials "
        "that are good for nothing, while it goes on running, with its memory. Credentials that were stolen before "
        "are not touched: revoke those, too."
    ),
    keep="For good.",
    place=f"In every account, once: {_STACK}, or as a stack set in one region.",
    breaks="Nothing until it is used; the instance then loses AWS, and with it Session Manager.",
    file="isolation-role.json",
    sources=("https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/iam-roles-for-amazon-ec2.html",),
)

LOGS = Template(
    name="preparation-logs",
    title="A trail of all regions, a locked bucket, a key, and a table for Athena",
    when="to have before",
    applies_to="account",
    layer="stack",
    description=(
        "One trail for all regions with validation of files, in a bucket with versions, object lock and a policy by "
        "which nobody deletes; a key of KMS; a table with computed partitions. It is a trail of one account: an "
        "organization makes one of its own in the management account, into a bucket of the log archive. There is no "
        "log of access to the bucket, no Insights, and no copy to CloudWatch Logs."
    ),
    keep="For good. Deleting the stack leaves the bucket, its policy and the key.",
    place=(
        f"Once in an account, in the home region: {_STACK} --parameter-overrides Manager=ARN Regions=... "
        "FirstDay=2026/01/01."
    ),
    breaks=(
        "Nothing; a second trail of management events is paid for. Lock mode COMPLIANCE cannot be taken back before "
        "its time. Afterwards lifecycle and versioning are changed by nobody, and the bucket policy, by which that is "
        "allowed again, by the manager and the root user alone."
    ),
    file="preparation-logs.json",
    sources=(
        "https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html",
        "https://docs.aws.amazon.com/athena/latest/ug/create-cloudtrail-table-partition-projection.html",
    ),
)

DETECTORS = Template(
    name="preparation-detectors",
    title="GuardDuty with its features, and an alarm on the response role, in one region",
    when="to have before",
    applies_to="account",
    layer="stack",
    description=(
        "A detector with the features for S3, EKS, EBS, RDS, Lambda and run time, and an EventBridge rule that tells "
        "a topic of every attempt to assume the response role. A CloudFormation stack covers one region, and the "
        "template does not know which are enabled: deploy it as a stack set to each of them (aws ec2 "
        "describe-regions). In an organization, GuardDuty's delegated administrator switches it on for all accounts "
        "instead (aws guardduty update-organization-configuration --auto-enable-organization-members ALL, in each "
        "region); use Detector=no there. A region without one of the features refuses the stack."
    ),
    keep="For good.",
    place=f"{_STACK_SET} --regions ALL THAT ARE ENABLED. With Terraform name them in guardrift_regions.",
    breaks="Nothing; features are paid by volume. A region that has a detector already refuses a second one.",
    may=("response-role",),
    file="preparation-detectors.json",
    sources=("https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_settingup.html",),
)

STACKS: tuple[Template, ...] = (RESPONSE_ROLE, ISOLATION, LOGS, DETECTORS)
"""Every template of roles and other resources; the scanner's own role has a command of its own."""

_FORMS: dict[str, Mapping[Form, Callable[[Wish], str]]] = {
    "response-role": {
        "json": response_forms.plain,
        "cloudformation": response_forms.cloudformation,
        "terraform": response_forms.terraform,
    },
    "isolation-role": {
        "json": lambda _: isolation.plain(),
        "cloudformation": lambda _: isolation.cloudformation(),
        "terraform": lambda _: isolation.terraform(),
    },
    "preparation-logs": {
        "cloudformation": lambda _: logs_cloudformation.cloudformation(),
        "terraform": lambda _: logs_terraform.terraform(),
    },
    "preparation-detectors": {"cloudformation": detectors.cloudformation, "terraform": detectors.terraform},
}


def forms_of(name: str) -> tuple[Form, ...]:
    """The forms in which a template is written."""
    return tuple(_FORMS[name])


def render_stack(name: str, form: Form, wish: Wish) -> str:
    """A template in a form; raises ``NotWritable`` for a value that AWS does not take, KeyError for another form."""
    return _FORMS[name][form](checked(wish))
