"""Synthetic GuardDuty findings: what would be sent if a credential were stolen and used.

Sources: guardduty/latest/ug/guardduty_finding-types-active.html and guardduty_findings_eventbridge.html.
"""

from __future__ import annotations

from scanner.events.envelope import ADDRESS, DETECTOR, KEY, SESSION_KEY, USER, Json, Sample, envelope

CREDENTIAL_FINDINGS: tuple[tuple[str, float], ...] = (
    ("UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS", 8),
    ("UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.InsideAWS", 8),
    ("UnauthorizedAccess:IAMUser/ResourceCredentialExfiltration.OutsideAWS", 8),
    ("UnauthorizedAccess:IAMUser/MaliciousIPCaller", 5),
    ("UnauthorizedAccess:IAMUser/MaliciousIPCaller.Custom", 5),
    ("UnauthorizedAccess:IAMUser/TorIPCaller", 5),
    ("UnauthorizedAccess:IAMUser/ConsoleLoginSuccess.B", 5),
    ("UnauthorizedAccess:EC2/MetadataDNSRebind", 8),
    ("Recon:IAMUser/MaliciousIPCaller", 5),
    ("Recon:IAMUser/MaliciousIPCaller.Custom", 5),
    ("Recon:IAMUser/TorIPCaller", 5),
    ("InitialAccess:IAMUser/AnomalousBehavior", 5),
    ("Discovery:IAMUser/AnomalousBehavior", 2),
    ("CredentialAccess:IAMUser/AnomalousBehavior", 5),
    ("Persistence:IAMUser/AnomalousBehavior", 5),
    ("PrivilegeEscalation:IAMUser/AnomalousBehavior", 5),
    ("DefenseEvasion:IAMUser/AnomalousBehavior", 5),
    ("Exfiltration:IAMUser/AnomalousBehavior", 8),
    ("Impact:IAMUser/AnomalousBehavior", 8),
    ("CredentialAccess:IAMUser/CompromisedCredentials", 8),
    ("PenTest:IAMUser/KaliLinux", 5),
    ("PenTest:IAMUser/ParrotLinux", 5),
    ("PenTest:IAMUser/PentooLinux", 5),
    ("Policy:IAMUser/RootCredentialUsage", 2),
    ("Policy:IAMUser/ShortTermRootCredentialUsage", 2),
    ("Stealth:IAMUser/CloudTrailLoggingDisabled", 2),
    ("Stealth:IAMUser/PasswordPolicyChange", 2),
    ("AttackSequence:IAM/CompromisedCredentials", 9),
    ("AttackSequence:S3/CompromisedData", 9),
    ("AttackSequence:EKS/CompromisedCluster", 9),
    ("AttackSequence:ECS/CompromisedCluster", 9),
    ("AttackSequence:EC2/CompromisedInstanceGroup", 9),
)
"""The types of GuardDuty findings that speak of stolen or misused credentials, with their default severities."""


def credential_findings(partition: str, account_id: str, region: str) -> tuple[Sample, ...]:
    """One GuardDuty finding of every type that speaks of credentials, as the events of one region."""
    return tuple(
        Sample(kind, finding_event(partition, account_id, region, kind, severity))
        for kind, severity in CREDENTIAL_FINDINGS
    )


def finding_event(partition: str, account_id: str, region: str, kind: str, severity: float) -> Json:
    """The event of a GuardDuty finding that nobody archived."""
    detector = f"arn:{partition}:guardduty:{region}:{account_id}:detector/{DETECTOR}"
    detail = {
        "schemaVersion": "2.0",
        "accountId": account_id,
        "region": region,
        "partition": partition,
        "id": "d6b94fb03a66ff665f7db8764example",
        "arn": f"{detector}/finding/d6b94fb03a66ff665f7db8764example",
        "type": kind,
        "resource": _finding_resource(kind, account_id),
        "service": _finding_service(kind),
        "severity": severity,
        "createdAt": "2026-01-15T10:18:04.000Z",
        "updatedAt": "2026-01-15T10:19:55.000Z",
        "title": f"A finding of the type {kind}.",
        "description": f"A finding of the type {kind}.",
    }
    return envelope("aws.guardduty", "GuardDuty Finding", account_id, region, detail)


def _finding_resource(kind: str, account_id: str) -> Json:
    if kind.startswith("AttackSequence:"):
        return {"resourceType": "AttackSequence"}
    if "EC2/" in kind:
        return {"resourceType": "Instance", "instanceDetails": {"instanceId": "i-99999999", "instanceType": "t3.large"}}
    is_root = "Root" in kind
    key: Json = {
        "accessKeyId": KEY,
        "principalId": account_id if is_root else "AIDACKCEVSQ6C2EXAMPLE",
        "userName": "Root" if is_root else USER,
        "userType": "Root" if is_root else "IAMUser",
    }
    if "CredentialExfiltration" in kind:
        key |= {"accessKeyId": SESSION_KEY, "principalId": "AROACKCEVSQ6C2EXAMPLE:i-99999999"}
        key |= {"userType": "AssumedRole"}
    return {"resourceType": "AccessKey", "accessKeyDetails": key}


def _finding_service(kind: str) -> Json:
    service: Json = {
        "serviceName": "guardduty",
        "detectorId": DETECTOR,
        "resourceRole": "TARGET",
        "eventFirstSeen": "2026-01-15T10:05:00.000Z",
        "eventLastSeen": "2026-01-15T10:15:00.000Z",
        "archived": False,
        "count": 1,
        "additionalInfo": {"value": "{}", "type": "default"},
    }
    if kind.startswith("AttackSequence:"):
        signal = {"type": "FINDING", "name": "Discovery:IAMUser/AnomalousBehavior", "count": 1}
        return service | {"featureName": "Correlation", "detection": {"sequence": {"signals": [signal]}}}
    if "EC2/" in kind:
        action: Json = {"actionType": "DNS_REQUEST", "dnsRequestAction": {"domain": "rebind.example.com"}}
    else:
        call = {"api": "ListUsers", "serviceName": "iam.amazonaws.com", "callerType": "Remote IP"}
        address = {"ipAddressV4": ADDRESS, "country": {"countryName": "Example"}}
        action = {"actionType": "AWS_API_CALL", "awsApiCallAction": {**call, "remoteIpDetails": address}}
    return service | {"action": action}
