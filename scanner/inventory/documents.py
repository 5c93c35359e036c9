"""Documents of resources, as values that can also be absent or a gap."""

from __future__ import annotations

from scanner.inventory.fact import Document, Fact


class FilterPolicy(Fact, frozen=True, tag_field="kind", tag="filter-policy"):
    """Which messages a subscription lets through, in the language of SNS."""

    document: Document


class ResourcePolicy(Fact, frozen=True, tag_field="kind", tag="policy"):
    """The policy of a bucket, key, topic, queue, function, bus or endpoint."""

    document: Document
