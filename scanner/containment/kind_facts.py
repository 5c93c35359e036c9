"""What is known of each kind of credential, and of what people make from credentials that a policy does not stop.

Sources: those of the fact sheets; "Sign in to the cluster" in the Amazon EKS User Guide; "IAM database authentication"
in the Amazon RDS User Guide; "Sharing objects with presigned URLs" in the Amazon S3 User Guide.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from scanner.containment.credential_facts import KindFacts
from scanner.containment.facts_of_assumed_roles import OF_ASSUMED_ROLES
from scanner.containment.facts_of_users import OF_USERS
from scanner.containment.facts_of_workload_roles import OF_WORKLOAD_ROLES
from scanner.containment.kinds import Kind

_FACTS: dict[Kind, KindFacts] = {**OF_ASSUMED_ROLES, **OF_WORKLOAD_ROLES, **OF_USERS}


def facts_of(kind: Kind) -> KindFacts:
    """The facts of a kind."""
    return _FACTS[kind]


class Derived(msgspec.Struct, frozen=True, kw_only=True):
    """Something that people make from credentials.

    Attributes:
        what: what it is.
        lives: what a containment does to it, as a sentence.
        instead: what stops it; empty where the containment does.
        kinds: of which kinds of credentials alone it is made; empty means of any.
    """

    what: str
    lives: str
    instead: str = ""
    kinds: tuple[Kind, ...] = ()

    @property
    def is_stopped(self) -> bool:
        """Whether the containment of the credential stops it, too."""
        return not self.instead


DERIVED: tuple[Derived, ...] = (
    Derived(
        what="Presigned URLs of S3 and other services",
        lives="They are evaluated when they are used, and so are denied with the credential that signed them.",
    ),
    Derived(
        what="Tokens for an EKS cluster",
        lives="A token lives for up to 15 minutes and is a signed GetCallerIdentity, which no policy denies; whoever "
        "holds the credentials makes new ones.",
        instead="Remove the access entry, or the line of aws-auth, in every cluster; the same holds for Vault and "
        "others that trust GetCallerIdentity.",
    ),
    Derived(
        what="Open sessions of Session Manager, EC2 Instance Connect and SSH",
        lives="They stay open.",
        instead="End them (ssm:TerminateSession), and cut the network of the instance.",
    ),
    Derived(
        what="Open connections to databases that were opened with an IAM token",
        lives="No further token is made, but connections that are open stay open.",
        instead="End the connections in the database.",
    ),
    Derived(
        what="Logins to ECR and CodeArtifact, temporary users of Redshift",
        lives="Take it that they live until they expire: up to 12 hours, of Redshift an hour.",
        instead="Deny the resources by their own policies, or wait.",
    ),
    Derived(
        what="Signed URLs of CloudFront",
        lives="They have nothing to do with IAM.",
        instead="Replace the key group of the distribution.",
    ),
    Derived(
        what="Passwords for SMTP of SES",
        lives="They derive from the access key, and die with it.",
        kinds=("user-key",),
    ),
    Derived(
        what="Code that was planted in functions, rules, state machines, documents and user data",
        lives="It runs with its own role, which is not touched.",
        instead="Look for changes in CloudTrail, and contain that role as well.",
    ),
    Derived(
        what="Calls that need no permission, such as sts:GetCallerIdentity",
        lives="They succeed whatever denies the caller, so that they prove nothing.",
        instead="Verify with calls that take a permission.",
    ),
)
"""What people make from credentials, and whether a containment stops it."""


def not_stopped(kinds: Iterable[Kind]) -> tuple[Derived, ...]:
    """What a containment of credentials of these kinds cannot stop."""
    of = set(kinds)
    return tuple(each for each in DERIVED if not each.is_stopped and (not each.kinds or of & set(each.kinds)))
