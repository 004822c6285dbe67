"""Addresses that a crawler must not be led to: whoever writes a link could reach into our network.

The tables are IANA's special-purpose registries for IPv4 and IPv6 (RFC 6890 and its updates) with
multicast added, and they are our own because what :mod:`ipaddress` calls private differs between
Python versions. An IPv4 address inside an IPv6 one is judged as what it is. It is the address
connected to that must be judged, not the name it came from.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_METADATA = frozenset(
    ip_address(text)
    for text in (
        "169.254.169.254",  # most clouds
        "169.254.170.2",  # Amazon, containers
        "fd00:ec2::254",  # Amazon
        "100.100.100.200",  # Alibaba
        "168.63.129.16",  # Azure: looks like a public address
        "192.0.0.192",  # Oracle
    )
)

_SPECIAL_V4 = tuple(
    (IPv4Network(network), reason)
    for network, reason in (
        ("0.0.0.0/8", "unspecified"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "carrier-grade NAT"),
        ("127.0.0.0/8", "loopback"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "protocol assignment"),
        ("192.0.2.0/24", "documentation"),
        ("192.31.196.0/24", "AS112 service"),
        ("192.52.193.0/24", "multicast tunnel"),
        ("192.88.99.0/24", "6to4 relay"),
        ("192.168.0.0/16", "private"),
        ("192.175.48.0/24", "AS112 service"),
        ("198.18.0.0/15", "benchmarking"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
    )
)

_SPECIAL_V6 = tuple(
    (IPv6Network(network), reason)
    for network, reason in (
        ("::1/128", "loopback"),
        ("::/128", "unspecified"),
        ("fc00::/7", "private"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "site-local"),
        ("ff00::/8", "multicast"),
        ("64:ff9b:1::/48", "private NAT64"),
        ("2001::/32", "Teredo tunnel"),
        ("2001::/23", "protocol assignment"),
        ("2001:db8::/32", "documentation"),
        ("2002::/16", "6to4 tunnel"),
        ("2620:4f:8000::/48", "AS112 service"),
        ("3fff::/20", "documentation"),
    )
)
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_MAPPED = IPv6Network("::ffff:0:0/96")
_NAT64 = IPv6Network("64:ff9b::/96")


def forbidden(address: str, allowed: Sequence[Network]) -> str | None:
    """Why ``address`` must not be connected to, in a word or two; None where it may be.

    ``allowed`` are the networks that the user lets through whatever they are.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return "not an IP address"
    return _forbidden(parsed, allowed)


def _forbidden(address: Address, allowed: Sequence[Network]) -> str | None:
    if any(address in network for network in allowed):
        return None
    if address in _METADATA:
        return "cloud metadata service"
    if isinstance(address, IPv4Address):
        return next((reason for network, reason in _SPECIAL_V4 if address in network), None)
    # Hosts without IPv4 reach every IPv4 site through NAT64, so its prefix cannot be refused as a whole.
    if address in _MAPPED or address in _NAT64:
        return _forbidden(IPv4Address(int(address) & 0xFFFF_FFFF), allowed)
    reason = next((reason for network, reason in _SPECIAL_V6 if address in network), None)
    if reason is None and address not in _GLOBAL_UNICAST:
        return "reserved"
    return reason


def literal_address(host: str) -> str | None:
    """The IP address that ``host`` (of a serialised URL, brackets or not) is; None where it is a name."""
    try:
        return str(ip_address(host.removeprefix("[").removesuffix("]")))
    except ValueError:
        return None
