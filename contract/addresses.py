"""Addresses as people and URLs write them: HOST:PORT, an IPv6 host in brackets."""

from ipaddress import ip_address

from contract.errors import SettingsError

PORT_MAX = 65_535
WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # recognised, not bound to
"""Every address of a machine, and how the machine itself reaches what listens there."""


def read_host_port(text: str, *, option: str, expected: str) -> tuple[str, int]:
    """The host, without brackets, and the port.  Raises SettingsError: the `option`, and what is `expected`."""
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not port.isdecimal() or int(port) > PORT_MAX:
        raise SettingsError(f"{option} {text!r}: expected HOST:PORT such as {expected}")
    return host, int(port)


def host_port(host: str, port: int) -> str:
    """`host:port`, with the brackets that IPv6 needs."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def from_here(host: str) -> str:
    """The address at which this machine reaches what listens on `host`."""
    return WILDCARDS.get(host, host)


def is_loopback(host: str) -> bool:
    """Whether this name or address can only be this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
