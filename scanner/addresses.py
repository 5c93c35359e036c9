"""Ranges of addresses: how much of the internet they take in."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import TypeAlias

Network: TypeAlias = IPv4Network | IPv6Network

# What the internet does not route. Ranges for documentation are left out on purpose: a rule that names one was copied
# from an example, and says that addresses of the internet are meant.
_PRIVATE: tuple[Network, ...] = tuple(
    ip_network(text)
    for text in (
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
        "224.0.0.0/4", "fc00::/7", "fe80::/10", "ff00::/8", "::1/128",
    )
)  # fmt: skip

_FEW: dict[int, int] = {4: 16, 6: 32}
"""The prefix length from which on a public range is that of an organization, an office or one program, by IP version.

Shorter ones are those of providers, and whoever rents a machine there has an address in them.
"""


def is_wide(network: Network) -> bool:
    """Whether a range takes in so much of the internet that anybody may be in it."""
    return network.prefixlen < _FEW[network.version]


def is_private(network: Network) -> bool:
    """Whether the internet reaches none of its addresses."""
    return any(network.version == each.version and network.subnet_of(each) for each in _PRIVATE)  # type: ignore[arg-type]
