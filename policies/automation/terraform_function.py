"""The function of the modes ``approve`` and ``auto`` in Terraform's JSON syntax: role, journal, who may run it."""

from __future__ import annotations

from policies.automation.admitting import bucket_policy
from policies.automation.function import (
    CONCURRENCY,
    DAYS_OF_LOG,
    LONGEST_WAIT,
    MEMORY,
    PER_HOUR,
    PROTECTED,
    SAYS,
    SECONDS,
    TRIES,
    never,
)
from policies.automation.names import APPROVE, BUNDLE, HANDLER, LOG_GROUP
from policies.automation.responder_role import (
    APPROVER_SAYS,
    POLICY_NAME,
    approver_policy,
    permission_policy,
    trust_policy,
)
from policies.automation.rules import rules_of
from policies.automation.terraform_places import HOME, IN_HOME, LOCAL
from policies.documents.protecting import RESPONDER
from policies.preparation.language import LABEL, TERRAFORM, variable
from policies.preparation.wish import Wish

_CODE, _OBJECT, _VERSION = f"{LABEL}_code_bucket", f"{LABEL}_code_key", f"{LABEL}_code_version"
_PROTECT, _MOST = f"{LABEL}_protect", f"{LABEL}_max_per_hour"
_BUCKET = f"${{aws_s3_bucket.{LOCAL}.id}}"
_KEY = f"${{aws_kms_key.{LOCAL}.arn}}"
_KEPT: dict[str, object] = {"lifecycle": {"prevent_destroy": True}}


def function_variables(wish: Wish) -> dict[str, object]:
    """What is asked when it is deployed."""
    version = "The version of the object: without it, a new one of that name is not noticed."
    most = "How many principals the function contains in an hour."
    fits = f'alltrue([for each in var.{_PROTECT} : can(regex("^({PROTECTED})$", each))])'
    return {
        _CODE: variable("string", f"The bucket in the home region that holds {BUNDLE}.", "[a-z0-9.-]{3,63}", _CODE),
        _OBJECT: {"type": "string", "description": "The name of the object.", "default": BUNDLE},
        _VERSION: {"type": "string", "description": version, "default": None},
        _PROTECT: {
            "type": "list(string)",
            "description": (
                "Whom the function never touches, such as role/break-glass, role/deploy*, user/ann. IAM keeps it from "
                "them, too; its own role, the response role and those of services are always among them."
            ),
            "default": list(never(wish)),
            "validation": [
                {"condition": f"${{{fits}}}", "error_message": "Write role/NAME, user/NAME or root."},
                {"condition": f"${{length(var.{_PROTECT}) > 0}}", "error_message": "Name at least the response role."},
            ],
        },
        _MOST: variable("number", most, "[1-9][0-9]?|100", _MOST, PER_HOUR),
    }


def function_locals(wish: Wish) -> dict[str, object]:
    """The policies."""
    # A wildcard stands for partition and account, as in CloudFormation, where they cannot be computed.
    protected = f'${{[for name in var.{_PROTECT} : "arn:*:iam::*:${{name}}"]}}'
    return {
        f"{LOCAL}_bucket_policy": bucket_policy(HOME, _BUCKET),
        f"{LOCAL}_function_trust": trust_policy(),
        f"{LOCAL}_function_policy": permission_policy(HOME, _KEY, _BUCKET, protected, wish.response_role),
        f"{LOCAL}_approver_policy": approver_policy(HOME, _KEY, _BUCKET),
    }


def function_resources(wish: Wish) -> dict[str, dict[str, object]]:
    """Everything in the home region; the role is beside that of the rules which forward."""
    return {**_journal(), **_function(wish), **_permissions(wish), **_roles()}


def function_outputs() -> dict[str, object]:
    """What people need to know of it."""
    return {
        f"{LOCAL}_function_arn": {"value": f"${{aws_lambda_function.{LOCAL}.arn}}"},
        f"{LOCAL}_journal_bucket": {"value": _BUCKET},
        f"{LOCAL}_approver_policy_arn": {"value": f"${{aws_iam_policy.{LOCAL}_approve.arn}}"},
    }


def _journal() -> dict[str, dict[str, object]]:
    closed = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
    of_bucket = {**IN_HOME, "bucket": _BUCKET}
    by_default = {"sse_algorithm": "aws:kms", "kms_master_key_id": _KEY}
    return {
        "aws_s3_bucket": {LOCAL: {**IN_HOME, "bucket_prefix": f"{LABEL}-journal-", **_KEPT}},
        "aws_s3_bucket_versioning": {LOCAL: {**of_bucket, "versioning_configuration": {"status": "Enabled"}}},
        "aws_s3_bucket_public_access_block": {LOCAL: {**of_bucket, **dict.fromkeys(closed, True)}},
        "aws_s3_bucket_server_side_encryption_configuration": {
            LOCAL: {
                **of_bucket,
                "rule": [{"apply_server_side_encryption_by_default": by_default, "bucket_key_enabled": True}],
            }
        },
        "aws_s3_bucket_policy": {LOCAL: {**of_bucket, "policy": f"${{jsonencode(local.{LOCAL}_bucket_policy)}}"}},
    }


def _roles() -> dict[str, dict[str, object]]:
    label = f"{LOCAL}_function"
    return {
        "aws_iam_role": {
            label: {
                "name": RESPONDER,
                "description": SAYS,
                "assume_role_policy": f"${{jsonencode(local.{label}_trust)}}",
            }
        },
        "aws_iam_role_policy": {
            label: {
                "name": POLICY_NAME,
                "role": f"${{aws_iam_role.{label}.id}}",
                "policy": f"${{jsonencode(local.{label}_policy)}}",
            }
        },
        "aws_iam_policy": {
            f"{LOCAL}_approve": {
                "name": APPROVE,
                "description": APPROVER_SAYS,
                "policy": f"${{jsonencode(local.{LOCAL}_approver_policy)}}",
            }
        },
    }


def _function(wish: Wish) -> dict[str, dict[str, object]]:
    environment = {
        "GUARDRIFT_MODE": wish.mode,
        "GUARDRIFT_TOPIC": f"${{aws_sns_topic.{LOCAL}.arn}}",
        "GUARDRIFT_JOURNAL_BUCKET": _BUCKET,
        "GUARDRIFT_PROTECT": f'${{join(",", var.{_PROTECT})}}',
        "GUARDRIFT_MAX_PER_HOUR": f"${{tostring(var.{_MOST})}}",
    }
    function = {
        **IN_HOME,
        "function_name": RESPONDER,
        "description": SAYS,
        "handler": HANDLER,
        "runtime": wish.runtime,
        "architectures": [wish.architecture],
        "s3_bucket": f"${{var.{_CODE}}}",
        "s3_key": f"${{var.{_OBJECT}}}",
        "s3_object_version": f"${{var.{_VERSION}}}",
        "role": f"${{aws_iam_role.{LOCAL}_function.arn}}",
        "timeout": SECONDS,
        "memory_size": MEMORY,
        "reserved_concurrent_executions": CONCURRENCY,
        "kms_key_arn": _KEY,
        "environment": {"variables": environment},
        "logging_config": {"log_format": "Text", "log_group": f"${{aws_cloudwatch_log_group.{LOCAL}.name}}"},
        # Lambda takes a function before its role may log, and asks for the key at once.
        "depends_on": [f"aws_iam_role_policy.{LOCAL}_function"],
    }
    log = {**IN_HOME, "name": LOG_GROUP, "retention_in_days": DAYS_OF_LOG, "kms_key_id": _KEY}
    invoked = {
        **IN_HOME,
        "function_name": f"${{aws_lambda_function.{LOCAL}.function_name}}",
        "qualifier": "$LATEST",
        "maximum_event_age_in_seconds": LONGEST_WAIT,
        "maximum_retry_attempts": TRIES,
        "destination_config": {"on_failure": {"destination": f"${{aws_sqs_queue.{LOCAL}.arn}}"}},
    }
    return {
        "aws_cloudwatch_log_group": {LOCAL: log},
        "aws_lambda_function": {LOCAL: function},
        "aws_lambda_function_event_invoke_config": {LOCAL: invoked},
    }


def _permissions(wish: Wish) -> dict[str, dict[str, object]]:
    rules = [each.short.replace("-", "_") for each in rules_of(wish.mode, TERRAFORM) if each.to == "function"]
    return {
        "aws_lambda_permission": {
            f"{LOCAL}_{each}": {
                **IN_HOME,
                "function_name": f"${{aws_lambda_function.{LOCAL}.function_name}}",
                "action": "lambda:InvokeFunction",
                "principal": "events.amazonaws.com",
                "source_arn": f"${{aws_cloudwatch_event_rule.{LOCAL}_{each}.arn}}",
            }
            for each in rules
        }
    }
