"""Roles whose credentials services of AWS hand out to workloads, or keep for themselves.

Sources: "Retrieve security credentials from instance metadata" in the Amazon EC2 User Guide; "Grant Kubernetes
workloads access to AWS" in the Amazon EKS User Guide; "Amazon ECS task IAM role" in the Amazon ECS Developer Guide;
"What is IAM Roles Anywhere"; "IAM roles" of identity pools in the Amazon Cognito Developer Guide.
"""

from __future__ import annotations

from scanner.containment.credential_facts import (
    CLOSE_FIRST,
    FREEZE,
    HOUR,
    NEW_DEPLOYMENT,
    PROCESSES,
    REVOKE,
    REVOKE_INSTANCE,
    REVOKE_ONE,
    SCP_TIME,
    KindFacts,
)
from scanner.containment.kinds import Kind

OF_WORKLOAD_ROLES: dict[Kind, KindFacts] = {
    "ec2-role": KindFacts(
        title="Role of EC2 instances",
        longest=6 * HOUR,
        lasting="About 6 hours; the metadata service offers new ones well before.",
        stops=(REVOKE, REVOKE_INSTANCE, REVOKE_ONE, SCP_TIME),
        must=(
            "Save memory and disks before anything is stopped.",
            "Close the hole: require IMDSv2 with a hop limit of 1, mend the application, isolate the instance.",
            (
                "Rotate the credentials: stop and start the instance, or associate another instance profile with "
                "another role. A reboot does not rotate them."
            ),
            "Revoke once more when the hole is closed.",
        ),
        pitfalls=(
            (
                "Every instance with the role loses access until its metadata service offers credentials from after "
                "the cutoff, which can take an hour."
            ),
            (
                "Another role in the same instance profile was seen to take up to 54 minutes to arrive, and "
                "credentials stay usable for hours after a role is taken out of a profile."
            ),
            "A thief with a shell on the instance, or with its metadata service in reach, reads the new credentials.",
            "The SSM agent goes dark if it uses the same role: keep Default Host Management, or another way in.",
            "Stopping loses instance-store data and a public address, and an Auto Scaling group may terminate it.",
        ),
        users=(
            "Wait for the metadata service to offer new credentials, or stop and start the instances.",
            PROCESSES,
        ),
    ),
    "service-linked-role": KindFacts(
        title="Service-linked role",
        longest=None,
        lasting="AWS holds the credentials.",
        stops=(),
        must=(
            "Look for the principal that drove the service (invokedBy in CloudTrail), and contain that one.",
            "Remove the configuration of the service, or contact AWS.",
        ),
        pitfalls=("It cannot be edited, its sessions cannot be revoked, and SCPs and RCPs do not apply to it.",),
        users=("Nothing.",),
    ),
    "lambda-role": KindFacts(
        title="Execution role of Lambda functions",
        longest=12 * HOUR,
        lasting="Hours; warm environments keep them.",
        stops=(REVOKE, SCP_TIME),
        must=(
            "Mend code, layers, function URLs and event sources.",
            (
                "Make new environments by a change of the configuration, for every alias and version that is used, "
                "provisioned concurrency too."
            ),
        ),
        pitfalls=(
            "Whoever runs code in the function reads its credentials from the environment.",
            "Functions may get credentials from before the cutoff for some minutes more, and fail meanwhile.",
        ),
        users=("Change the configuration of each function, so that it starts in new environments.",),
    ),
    "ecs-role": KindFacts(
        title="Role of ECS tasks",
        longest=6 * HOUR,
        lasting="Up to 6 hours.",
        stops=(REVOKE, SCP_TIME),
        must=(
            "Start the services anew (aws ecs update-service --force-new-deployment) and stop the old tasks.",
            "Mend the image, and keep 169.254.170.2 from whoever needs no credentials.",
        ),
        pitfalls=("The task execution role and the role of the container instances are further roles.",),
        users=(NEW_DEPLOYMENT,),
    ),
    "eks-role": KindFacts(
        title="Role of EKS pods or nodes",
        longest=12 * HOUR,
        lasting="IRSA an hour unless more is asked for, Pod Identity up to 6 hours, nodes as EC2.",
        stops=(REVOKE, FREEZE, SCP_TIME),
        must=(
            "Delete the pod and its Pod Identity association; deny the service account's sub in the trust policy.",
            "Remove the access entry or the line of aws-auth by which the principal gets into the cluster.",
        ),
        pitfalls=(
            (
                "Access to the cluster is not stopped: a token of kubectl is a signed GetCallerIdentity, which no "
                "policy denies."
            ),
            "The token that is projected into a pod may be valid for a day and cannot be recalled.",
        ),
        users=(NEW_DEPLOYMENT,),
    ),
    "roles-anywhere-role": KindFacts(
        title="Role of IAM Roles Anywhere",
        longest=12 * HOUR,
        lasting="Up to 12 hours, as the profile says.",
        stops=(REVOKE, FREEZE, SCP_TIME),
        must=(
            "Revoke the certificate, and import the list of those revoked (rolesanywhere:ImportCrl).",
            "Disable the profile or the trust anchor (rolesanywhere:DisableProfile, DisableTrustAnchor).",
        ),
        pitfalls=(
            "Whoever holds the certificate gets a new session.",
            "A trust anchor that the thief added is a way to come back.",
        ),
        users=("Get a new certificate.", "Let the credential helper ask for a new session."),
    ),
    "cognito-role": KindFacts(
        title="Role of a Cognito identity pool",
        longest=12 * HOUR,
        lasting="About an hour; by the basic flow as long as the role's longest session.",
        stops=(REVOKE, FREEZE, SCP_TIME),
        must=(
            "Sign the user out everywhere (cognito-idp:AdminUserGlobalSignOut).",
            "Switch off identities that do not sign in.",
        ),
        pitfalls=("Whoever still has a token of the pool, or may be a guest, gets a new session.",),
        users=("Sign in again.",),
    ),
    "service-role": KindFacts(
        title="Role of a service of AWS",
        longest=12 * HOUR,
        lasting="As the service asks for; taken to be 12 hours at most.",
        stops=(REVOKE, FREEZE, SCP_TIME),
        must=("Look for what the service was made to run, and by whom.", CLOSE_FIRST),
        pitfalls=("Jobs of the service that run fail, and may have to be started anew.",),
        users=(NEW_DEPLOYMENT,),
    ),
}
"""The facts of the kinds of roles that services hand out."""
