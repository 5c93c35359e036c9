"""The table of what is wrong in the demo account: every fault with the twin beside it that has to stay silent."""

from __future__ import annotations

from guardrift.demo.place import Planted
from guardrift.demo.planted_iam import IN_IAM
from guardrift.demo.planted_regions import IN_REGIONS
from guardrift.demo.planted_services import IN_SERVICES
from guardrift.demo.planted_users import OF_USERS
from guardrift.demo.roles import AUDIT_ROLE, CONFIG_ROLE, SERVICE_LINKED_ROLE, SSO_ROLE, SUPPORT_ROLE, TRAIL_ROLE
from guardrift.demo.users import BAIT, EXPORTERS

PLANTED: tuple[Planted, ...] = (*OF_USERS, *IN_IAM, *IN_REGIONS, *IN_SERVICES)

NOT_PLANTED = {
    "iam-root-access-key": "the root user has MFA and no access key",
    "trail-no-multi-region": "account-trail records all regions",
    "trail-data-events-s3-write": "account-trail records who writes to the bucket with the data of customers",
    "cis-iam-policy-changes-unmonitored": "an alarm tells of changed policies, wherever they are changed",
    "honey-principal-missing": "backup-admin is bait",
    "response-role-missing": "incident-responder is declared",
    "response-role-trust": "incident-responder is assumed from the declared account alone, with MFA",
    "support-role-missing": "support-cases may open cases",
    "security-audit-role-missing": "guardrift-audit may read what an investigation needs",
}
"""Rules about the whole account that have to stay silent, since an account cannot hold the fault and its twin."""

BACKGROUND = {
    AUDIT_ROLE: "whoever scans the demo account does so in this role",
    SSO_ROLE: "a permission set of IAM Identity Center, which owns its policies: it is revoked there, not in IAM",
    SERVICE_LINKED_ROLE: "the role of GuardDuty itself, which nobody else can change",
    CONFIG_ROLE: "the role of AWS Config itself, with which it records",
    TRAIL_ROLE: "the role with which CloudTrail writes to CloudWatch Logs",
    SUPPORT_ROLE: "the role in which people of support talk to AWS",
    BAIT: "bait for thieves: a user without rights, known by a tag",
    "detection-tampered": "the rule of the home region that tells when somebody switches off what watches it",
    "guardduty-findings": "the rule of the enforcing region that takes every finding to people",
    EXPORTERS: "the group that may write exports",
    "platform-admins": "the group by which platform-lead is an administrator",
    "support": "a group that may only read",
}
"""Principals and rules that are neither a fault nor the twin of one."""


def faults(rule_id: str) -> tuple[Planted, ...]:
    """The faults that a rule has to report, and besides which it has to report nothing."""
    return tuple(fault for fault in PLANTED if fault.rule_id == rule_id)
