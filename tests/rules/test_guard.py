from ipaddress import ip_address, ip_network

import pytest

from crawler.rules.guard import forbidden, literal_address


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1",
        "127.255.255.254", "169.254.0.1", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.9",
        "192.0.2.1", "192.31.196.1", "192.52.193.1", "192.88.99.1", "192.168.1.1", "192.175.48.1",
        "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255",
        "240.0.0.1", "255.255.255.255",
        "::", "::1", "::2", "::127.0.0.1", "::8.8.8.8", "::ffff:0:8.8.8.8", "64:ff9b:1::1", "100::1",
        "100:0:0:1::1", "2001::1", "2001:2::1", "2001:10::1", "2001:20::1", "2001:1::1", "2001:db8::1",
        "2002:808:808::1", "2002:7f00:1::", "2620:4f:8000::1", "3fff::1", "4000::1", "5f00::1", "fc00::1",
        "fd12:3456:789a::1", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1",
    ],
)  # fmt: skip
def test_special_purpose_addresses_are_refused(address):
    assert forbidden(address, ())


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.0.0.1",
        "128.0.0.1", "169.253.0.1", "169.255.0.1", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.167.0.1",
        "198.17.255.255", "198.20.0.0", "223.255.255.255", "2606:4700::1111", "2a00:1450::1", "2001:200::1",
        "2001:4860:4860::8888", "2003::1", "2620:4f:8001::1",
    ],
)  # fmt: skip
def test_public_addresses_pass(address):
    assert forbidden(address, ()) is None


@pytest.mark.parametrize("prefix", ["::ffff:", "64:ff9b::"])
@pytest.mark.parametrize("inner", ["127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "0.0.0.0"])
def test_an_ipv4_address_inside_an_ipv6_one_is_judged_as_itself(prefix, inner):
    assert forbidden(prefix + inner, ()) == forbidden(inner, ()) is not None
    assert forbidden(f"{prefix}8.8.8.8", ()) is None


def test_nothing_that_python_knows_as_special_passes():
    for network in ("0.0.0.0/1", "128.0.0.0/1", "2000::/3", "::/3", "8000::/1"):
        whole = ip_network(network)
        step = whole.num_addresses // 4096
        for n in range(4096):
            address = ip_address(int(whole.network_address) + n * step + 1)
            special = address.is_private or address.is_multicast or address.is_reserved
            if special and getattr(address, "ipv4_mapped", None) is None:
                assert forbidden(str(address), ()), address


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "fd00:ec2::254", "100.100.100.200", "168.63.129.16", "::ffff:169.254.169.254"],
)
def test_cloud_metadata_is_named(address):
    assert forbidden(address, ()) == "cloud metadata service"


def test_what_the_user_lets_through():
    allowed = (ip_network("127.0.0.0/8"), ip_network("fd00::/8"))
    assert forbidden("127.0.0.1", allowed) is None
    assert forbidden("::ffff:127.0.0.1", allowed) is None
    assert forbidden("fd00::1", allowed) is None
    assert forbidden("10.0.0.1", allowed) == "private"
    assert forbidden("::1", allowed) == "loopback"


def test_what_is_no_address_is_refused():
    assert forbidden("example.com", (ip_network("0.0.0.0/0"),)) == "not an IP address"


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("[::1]", "::1"),
        ("2001:DB8::0:1", "2001:db8::1"),
        ("example.com", None),
        ("127.1", None),
        ("", None),
    ],
)
def test_literal_address(host, expected):
    assert literal_address(host) == expected
