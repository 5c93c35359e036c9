"""Regions with instances, reached by the internet or not, and the profiles and roles that they carry."""

from __future__ import annotations

from tests.accounts import OWN, Json, region, regions
from tests.rules.holding import iam

ANYBODY, OFFICE = "0.0.0.0/0", "203.0.113.0/24"


def options(tokens: str | None = None, endpoint: str | None = None, hop_limit: int | None = None) -> Json:
    return {"tokens": tokens, "endpoint": endpoint, "hop_limit": hop_limit}


def profile_arn(name: str) -> str:
    return f"arn:aws:iam::{OWN}:instance-profile/{name}"


def profile(name: str, *roles: str) -> Json:
    return {"name": name, "arn": profile_arn(name), "roles": list(roles)}


def host(
    name: str = "i-0a", tokens: str | None = "optional", endpoint: str | None = "enabled", **facts: object
) -> Json:
    """An instance in a subnet of the usual VPC; ``hop_limit`` is one of the metadata options."""
    metadata = options(tokens, endpoint, hop_limit=int(str(facts.pop("hop_limit", 1))))
    usual: Json = {
        "id": name,
        "arn": f"arn:aws:ec2:eu-west-1:{OWN}:instance/{name}",
        "state": "running",
        "metadata": metadata,
        "vpc": "vpc-1",
        "placements": ["subnet-1"],
        "security_groups": ["sg-1"],
    }
    return usual | facts


def network(*, source: str = ANYBODY) -> Json:
    """What surrounds instances: a route to the internet, one security group, no load balancers."""
    rule = {"protocol": "tcp", "from_port": 443, "to_port": 443, "sources": [source]}
    return {
        "security_groups": [{"id": "sg-1", "name": "web", "vpc": "vpc-1", "ingress": [rule]}],
        "route_tables": [
            {"id": "rtb-1", "vpc": "vpc-1", "is_main": True, "internet_gateways": [["igw-1", "0.0.0.0/0"]]}
        ],
        "load_balancers": [],
        "classic_balancers": [],
        "target_groups": [],
    }


def hosts(*found: Json, source: str = ANYBODY, **parts: object) -> Json:
    """A region with these instances and their surroundings, as the only one."""
    return regions({**region(instances=list(found)), **network(source=source), **parts})


def account_of(where: Json, *roles: Json, profiles: list[Json] | None = None, **parts: object) -> Json:
    """Regions together with IAM, where each role is carried by a profile of its own name unless ``profiles`` say."""
    named = [profile(str(role["name"]), str(role["name"])) for role in roles] if profiles is None else profiles
    usual: Json = {"instance_profiles": named, "access_keys": [], "credential_report": REPORT}
    return where | iam(*roles) | usual | parts


REPORT: Json = {"kind": "credential-report", "rows": []}
