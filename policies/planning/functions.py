"""Functions of the shell by which documents with a cutoff are put in place: what is there already is looked at first.

A cutoff is never lowered. A policy of the same name may be there, of an earlier call or written by AWS's console; its
latest time, if that lies after the new one, is written instead. What is no time is not believed: it may be anything.

Sources: GetRolePolicy, GetPolicyVersion and CreatePolicyVersion in the IAM API Reference (a policy has five versions at
most); UpdatePolicy and AttachPolicy in the AWS Organizations API Reference (a name, and an attachment, can be made only
once); "Date condition operators" in the IAM User Guide.
"""

from __future__ import annotations

from typing import Literal

from scanner.shell import quote

Function = Literal["latest", "revoke", "attach", "organize"]

_DIGITS = "[0-9]"
_SECOND = "-".join((_DIGITS * 4, _DIGITS * 2, _DIGITS * 2)) + "T" + ":".join((_DIGITS * 2,) * 3)

_OPERATORS = "DateLessThan,DateLessThanEquals,DateLessThanIfExists,DateLessThanEqualsIfExists"


def cutoffs_in(document: str) -> str:
    """The JMESPath expression for the times in the Denies of a document; Statement is an object or a list of them."""
    denies = f'[{document}.Statement][]|[?Effect==`"Deny"`]'
    return f'{denies}.Condition.[{_OPERATORS}][].["aws:TokenIssueTime","aws:tokenissuetime"][][]'


def _asking(expression: str) -> str:
    return f"{quote(f'--query={expression}')} --output=text 2>/dev/null"


# A time with a fraction, which AWS's console writes, is put at the end of its second: late rather than early.
# Names of condition keys ignore case; AWS's console and guardrift write them as they are here.
_LATEST = f"""\
latest() {{
  AT=$CUTOFF
  for THERE in "$@"; do
    NEXT=${{THERE%Z}}
    case ${{NEXT%%.*}} in {_SECOND}) ;; *) continue ;; esac
    case $NEXT in *.*) NEXT=${{NEXT%%.*}}.999Z ;; *) NEXT=${{NEXT}}Z ;; esac
    if LC_ALL=C expr "x${{NEXT%Z}}" \\> "x${{AT%Z}}" >/dev/null; then
      AT=$NEXT
      echo "A later cutoff is in place already, and is kept: $AT" >&2
    fi
  done
}}"""

_REVOKE = f"""\
revoke() {{
  latest $(aws iam "get-$1-policy" "--$1-name=$2" "--policy-name=$3" {_asking(cutoffs_in("PolicyDocument"))})
  aws iam "put-$1-policy" "--$1-name=$2" "--policy-name=$3" --policy-document "$4$AT$5"
}}"""

_OLD_VERSIONS = quote("--query=Versions[?IsDefaultVersion==`false`].VersionId")

REMOVE_OLD_VERSIONS = (
    f'for OLD in $(aws iam list-policy-versions "--policy-arn=$ARN" {_OLD_VERSIONS} --output=text 2>/dev/null); '
    'do aws iam delete-policy-version "--policy-arn=$ARN" "--version-id=$OLD"; done'
)
"""The versions of a managed policy but the default one are deleted; ``ARN`` says of which policy."""

_ATTACH = f"""\
attach() {{
  ARN=$3/$4
  AT=$CUTOFF
  VERSION=$(aws iam get-policy "--policy-arn=$ARN" --query=Policy.DefaultVersionId --output=text 2>/dev/null)
  if [ -n "$VERSION" ]; then
    latest $(aws iam get-policy-version "--policy-arn=$ARN" "--version-id=$VERSION" \
{_asking(cutoffs_in("PolicyVersion.Document"))})
    {REMOVE_OLD_VERSIONS}
    aws iam create-policy-version "--policy-arn=$ARN" --policy-document "$5${{6+$AT$6}}" --set-as-default >/dev/null
  else
    aws iam create-policy "--policy-name=$4" --policy-document "$5${{6+$AT$6}}" >/dev/null
  fi && aws iam "attach-$1-policy" "--$1-name=$2" "--policy-arn=$ARN"
}}"""

# The content of a policy of an organization is text to the AWS CLI, and ours has one time at most. Text comes page by
# page, so that no first element can be asked for.
_NAMED = """[?Name=='$1'].Id"""
_ORGANIZE = f"""\
organize() {{
  AT=$CUTOFF
  POLICY=
  FOUND=$(aws organizations list-policies "--filter=$2" "--query=Policies{_NAMED}" --output=text) || return 1
  for EACH in $(echo "$FOUND"); do case $EACH in p-*) POLICY=$EACH ;; esac; done
  if [ -n "$POLICY" ]; then
    THERE=$(aws organizations describe-policy "--policy-id=$POLICY" --query=Policy.Content --output=text)
    case $THERE in
      *TokenIssueTime*)
        THERE=${{THERE#*'TokenIssueTime":"'}}
        THERE=${{THERE%%'"'*}}
        latest "$THERE" ;;
    esac
    aws organizations update-policy "--policy-id=$POLICY" --content "$4${{5+$AT$5}}" >/dev/null || return 1
  else
    POLICY=$(aws organizations create-policy "--name=$1" "--type=$2" --description=guardrift \
--content "$4${{5+$AT$5}}" --query=Policy.PolicySummary.Id --output=text) || return 1
  fi
  FOUND=$(aws organizations list-policies-for-target "--target-id=$3" "--filter=$2" "--query=Policies{_NAMED}" \
--output=text) || return 1
  case $FOUND in *"$POLICY"*) ;; *) aws organizations attach-policy "--policy-id=$POLICY" "--target-id=$3" ;; esac
}}"""

FUNCTIONS: dict[Function, str] = {
    "latest": _LATEST,
    "revoke": _REVOKE,
    "attach": _ATTACH,
    "organize": _ORGANIZE,
}
"""Their texts. ``latest`` sets ``AT`` to the later of ``CUTOFF`` and the times it is given.

``revoke``: role or user, its name, that of the policy, the document before and after the cutoff. ``attach``: role or
user, its name, the ARN of a managed policy in two parts (the account's beginning, and its name), the document.
``organize``: the name and type of a policy of the organization, the target, the document.
"""
