"""Which collector fills which part of the inventory, and which answers it waits for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from scanner.collect import (
    alerts,
    balancers,
    cloudtrail,
    contacts,
    credentials,
    detection,
    ec2,
    guardduty,
    iam,
    keys,
    managed,
    monitoring,
    network,
    organization,
    query,
    receivers,
    scaling,
    storage,
)
from scanner.collect.desk import Desk
from scanner.collect.tasks import Task
from scanner.inventory import Gap, Organization, OrganizationFacts, Region


class GlobalPart:
    """What is asked once for the whole account."""

    def __init__(self, desk: Desk, keys_of: str | None, pause: Callable[[float], None]) -> None:
        start = desk.start
        self._details = start(iam.read_details, desk)
        self._report = start(iam.read_credential_report, desk, pause)
        self._organization: Task[OrganizationFacts] = start(organization.read_organization, desk)
        self._parts: dict[str, Task[Any]] = {
            "summary": start(iam.read_summary, desk),
            "instance_profiles": start(iam.read_instance_profiles, desk),
            "access_keys": start(self._access_keys, desk, keys_of),
            "role_settings": start(credentials.read_role_settings, desk),
            "password_policy": start(credentials.read_password_policy, desk),
            "virtual_mfa_devices": start(credentials.read_virtual_mfa_devices, desk),
            "server_certificates": start(credentials.read_server_certificates, desk),
            "service_credentials": start(credentials.read_service_credentials, desk),
            "saml_providers": start(credentials.read_saml_providers, desk),
            "oidc_providers": start(credentials.read_oidc_providers, desk),
            "last_accessed": start(self._last_accessed, desk, pause),
            "contacts": start(contacts.read_contacts, desk),
            "contact_information": start(contacts.read_contact_information, desk),
            "public_access_block": start(storage.read_account_block, desk),
        }

    def _access_keys(self, desk: Desk, keys_of: str | None) -> Any:
        return iam.read_access_keys(desk, self._details.result().users, self._report.result(), keys_of)

    def _last_accessed(self, desk: Desk, pause: Callable[[float], None]) -> Any:
        details = self._details.result()
        return credentials.read_last_accessed(desk, details.users, details.roles, pause)

    def membership(self) -> Organization | Gap | None:
        """The organization that the account is in; waits for it."""
        return self._organization.result().membership

    def found(self) -> dict[str, Any]:
        """The parts of the account by name; waits for them."""
        return {
            **self._details.result()._asdict(),
            "credential_report": self._report.result(),
            "organization": self._organization.result(),
            **{name: task.result() for name, task in self._parts.items()},
        }


class RegionalPart:
    """What is asked in every region, and what the answers of all regions lead to."""

    def __init__(
        self,
        desk: Desk,
        regions: Sequence[str],
        enabled: Sequence[str] | Gap,
        membership: Callable[[], Organization | Gap | None],
        log_buckets: Sequence[str],
    ) -> None:
        self._desk, self._membership = desk, membership
        start = desk.start
        self._regions = {name: self._start(name) for name in regions}
        self._trails = start(
            cloudtrail.read_trails,
            desk,
            {name: parts["listed_trails"] for name, parts in self._regions.items()},
            enabled,
        )
        every, trails = self.every, self._trails
        addressed = start(receivers.addressed, every)
        buckets = start(lambda: storage.read_log_buckets(desk, trails.result(), log_buckets))
        topics = start(lambda: receivers.read_topics(desk, addressed.result()))
        queues = start(lambda: receivers.read_queues(desk, addressed.result()))

        def read_keys() -> Any:
            stores = every("event_data_stores")
            return keys.read_keys(desk, trails.result(), buckets.result(), topics.result(), stores, queues.result())

        self._parts: dict[str, Task[Any]] = {
            "log_buckets": buckets,
            "topics": topics,
            "functions": start(lambda: receivers.read_functions(desk, addressed.result())),
            "queues": queues,
            "query_tools": start(lambda: query.read_query_tools(desk, trails.result(), buckets.result())),
            "keys": start(read_keys),
        }

    def _start(self, name: str) -> dict[str, Task[Any]]:
        desk = self._desk
        parts: dict[str, Task[Any]] = {}
        for part, (read, *needed) in _OF_A_REGION.items():
            # Each is given those that were started before it; waiting is left to the thread that does the work.
            begun = [parts[other] for other in needed]
            parts[part] = desk.start(_with_results, read, desk, name, begun)
        for part, of_member in (
            ("detectors", guardduty.read_detectors),
            ("detection_admins", guardduty.read_detection_admins),
        ):
            parts[part] = desk.start(self._as_member, of_member, name)
        return parts

    def _as_member(self, read: Callable[[Desk, str, Any], Any], name: str) -> Any:
        return read(self._desk, name, self._membership())

    def every(self, part: str) -> dict[str, Any]:
        """A part of every region by the region's name; waits for them."""
        return {name: parts[part].result() for name, parts in self._regions.items()}

    def regions(self) -> list[Region]:
        """The regions; waits for them."""
        trails = self._trails.result()
        fields = set(Region.__struct_fields__)
        return [
            Region(name, trails=trails[name], **{part: task.result() for part, task in parts.items() if part in fields})
            for name, parts in self._regions.items()
        ]

    def found(self) -> dict[str, Any]:
        """What the regions lead to, by name; waits for it."""
        return {name: task.result() for name, task in self._parts.items()}


def _with_results(read: Callable[..., Any], desk: Desk, name: str, needed: Sequence[Task[Any]]) -> Any:
    return read(desk, name, *(task.result() for task in needed))


_OF_A_REGION: dict[str, tuple[Any, ...]] = {
    "listed_trails": (cloudtrail.list_trails,),
    "instances": (ec2.read_instances,),
    "imds_defaults": (ec2.read_defaults,),
    "scaling_groups": (scaling.read_groups,),
    "launch_configurations": (scaling.read_launch_configurations,),
    "event_data_stores": (cloudtrail.read_event_data_stores,),
    "event_buses": (alerts.read_buses,),
    "listed_subscriptions": (alerts.list_subscriptions,),
    "alarms": (monitoring.read_alarms,),
    "metric_filters": (monitoring.read_metric_filters,),
    "analyzers": (detection.read_analyzers,),
    "recorders": (detection.read_recorders,),
    "recorder_statuses": (detection.read_recorder_statuses,),
    "delivery_channels": (detection.read_delivery_channels,),
    "aggregators": (detection.read_aggregators,),
    "security_hub": (detection.read_security_hub,),
    "security_hub_v2": (detection.read_security_hub_v2,),
    "vpc_endpoints": (network.read_vpc_endpoints,),
    "flow_logs": (network.read_flow_logs,),
    "host_management": (managed.read_host_management,),
    "launch_templates": (ec2.read_launch_templates, "scaling_groups"),
    "images": (ec2.read_images, "launch_templates", "launch_configurations", "scaling_groups", "imds_defaults"),
    "security_groups": (network.read_security_groups, "instances"),
    "route_tables": (network.read_route_tables, "instances"),
    "load_balancers": (balancers.read_load_balancers, "instances"),
    "classic_balancers": (balancers.read_classic_balancers, "instances"),
    "managed_instances": (managed.read_managed_instances, "instances"),
    "event_rules": (alerts.read_rules, "event_buses"),
    "target_groups": (balancers.read_target_groups, "load_balancers"),
    "subscriptions": (alerts.read_subscriptions, "listed_subscriptions", "event_rules", "alarms"),
}
"""What is asked in each region: a collector, and the parts whose answers it is given, which stand before it."""
