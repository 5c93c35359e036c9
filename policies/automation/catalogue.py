"""The alerting stack beside the templates that one has before an incident, and how it is deployed."""

from __future__ import annotations

from policies.automation.cloudformation import cloudformation
from policies.automation.names import APPROVE, BUNDLE
from policies.automation.terraform import terraform
from policies.documents.protecting import RESPONDER
from policies.documents.template import Template
from policies.preparation import catalogue
from policies.preparation.language import Form
from policies.preparation.wish import Wish, checked

ALERTING = Template(
    name="alerting",
    title="Alerts on stolen credentials, to people, and to a function that contains",
    when="to have before",
    applies_to="account",
    layer="stack",
    description=(
        "In every enabled region, rules for findings of GuardDuty about credentials (families by the beginning of the "
        "type, and whatever names an access key; not what is archived), for AWS Health's exposed credentials and for "
        "AWS's own quarantine; other regions send to the home region. There, an encrypted topic tells people in a few "
        "sentences; what cannot be handed over waits in a queue, and alarms tell of that. Mode notify, the default, "
        f"makes nothing that could change anything. Mode approve adds the function {RESPONDER}, which plans, tells, "
        f"and acts when somebody with the policy {APPROVE} runs it. In mode auto it acts by itself on the few types "
        "that leave no doubt, such as credentials of an instance used elsewhere, and asks about all others. Samples "
        "come to people alone. The function puts Deny policies on roles and users and deactivates keys, of three "
        "principals an hour unless you say otherwise, and never on those in Protect, the response role, or itself; it "
        "takes nothing off again."
    ),
    keep="For good. Deleting the stack leaves the journal of the function and its key.",
    place=(
        "In every enabled region, the home region first; -o prints the commands. In an organization mode notify "
        "belongs where GuardDuty is administered, and into each account for AWS Health; the modes with a function act "
        f"in their own account alone, and want {BUNDLE} (guardrift policies lambda-bundle) in a bucket."
    ),
    breaks=(
        "notify: nothing. auto: whoever makes a production role look stolen gets it denied, and everything that uses "
        "it; name such roles in Protect. It costs a key of KMS (1 dollar a month), alarms (about half a "
        "dollar a region and month), and cents for events. A reserved concurrency of 1 is taken from the account's."
    ),
    may=("mode", "runtime", "architecture", "response-role"),
    file="alerting.json",
    sources=(
        "https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings_eventbridge.html",
        "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-region.html",
        "https://docs.aws.amazon.com/health/latest/ug/choosing-a-region.html",
        "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html",
    ),
)

STACKS: tuple[Template, ...] = (*catalogue.STACKS, ALERTING)
"""Every template of roles and other resources; the scanner's own role has a command of its own."""

_FORMS = {"cloudformation": cloudformation, "terraform": terraform}


def forms_of(name: str) -> tuple[Form, ...]:
    """The forms in which a template is written."""
    return ("cloudformation", "terraform") if name == ALERTING.name else catalogue.forms_of(name)


def render_stack(name: str, form: Form, wish: Wish) -> str:
    """A template in a form; raises ``NotWritable`` for a value that AWS does not take, KeyError for another form."""
    if name != ALERTING.name:
        return catalogue.render_stack(name, form, wish)
    return _FORMS[form](checked(wish))


def deploying(name: str, form: Form, wish: Wish) -> tuple[str, ...]:
    """The commands that deploy a template once its file is written; nothing where its description says it all."""
    if name != ALERTING.name:
        return ()
    code = "" if wish.mode == "notify" else ' CodeBucket="$bucket"'
    bundle = (
        f"guardrift policies lambda-bundle --runtime {wish.runtime} --architecture {wish.architecture} -o {BUNDLE}",
        f'aws s3 cp {BUNDLE} "s3://$bucket/{BUNDLE}"',
    )
    before = () if wish.mode == "notify" else bundle
    bucket = () if wish.mode == "notify" else ("bucket=YOUR-BUCKET",)
    if form == "terraform":
        return (*bucket, *before, "terraform init", "terraform apply")
    asked = ("home=eu-west-1", "email=you@example.com", *bucket)
    deployed = (
        'aws cloudformation deploy --region "$region" --stack-name guardrift-alerting --template-file alerting.json '
        "--capabilities CAPABILITY_NAMED_IAM --no-fail-on-empty-changeset "
        f'--parameter-overrides HomeRegion="$home" Email="$email"{code}'
    )
    every = "$(aws ec2 describe-regions --query 'Regions[].RegionName' --output text)"
    return (*asked, *before, f'for region in "$home" {every}; do', f"  {deployed}", "done")
