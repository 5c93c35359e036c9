"""The typed account: frozen values, decoded at the boundary, with gaps where nothing was collected."""

from scanner.inventory.account import Account, CoverageRow
from scanner.inventory.fact import Document, Fact, Instant
from scanner.inventory.gap import Gap, NotCollected, Outcome, Undetermined, describe, known
from scanner.inventory.iam import (
    AccessKey,
    AccountSummary,
    AttachedPolicy,
    CredentialReport,
    CredentialRow,
    Group,
    InlinePolicy,
    InstanceProfile,
    ManagedPolicy,
    PolicyVersion,
    Role,
    Tag,
    User,
    UserKeys,
)
from scanner.inventory.regional import (
    BasicSelector,
    Detector,
    DetectorDetail,
    DetectorFeature,
    EventRule,
    EventSelectors,
    EventTarget,
    FieldCondition,
    Image,
    Instance,
    LaunchTemplateVersion,
    MetadataDefaults,
    MetadataOptions,
    Region,
    Subscription,
    Trail,
    TrailStatus,
)

__all__ = [
    "AccessKey", "Account", "AccountSummary", "AttachedPolicy", "BasicSelector", "CoverageRow", "CredentialReport",
    "CredentialRow", "Detector", "DetectorDetail", "DetectorFeature", "Document", "EventRule", "EventSelectors",
    "EventTarget", "Fact", "FieldCondition", "Gap", "Group", "Image", "InlinePolicy", "Instance", "InstanceProfile",
    "Instant", "LaunchTemplateVersion", "ManagedPolicy", "MetadataDefaults", "MetadataOptions", "NotCollected",
    "Outcome", "PolicyVersion", "Region", "Role", "Subscription", "Tag", "Trail", "TrailStatus", "Undetermined", "User",
    "UserKeys", "describe", "known",
]
