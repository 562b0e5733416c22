"""Free ports, and who sits on the ones that are not."""

import errno
import random
import socket

import psutil

from broker.errors import BrokerError

# Below the range from which Linux draws the ports of outgoing connections (32768 and up): a port found free here is
# not taken by some client in the second until Kafka binds it.
FIRST_PORT, LAST_PORT = 20_000, 32_000
TRIES_MAX = 200


def free_port(host: str) -> int:
    """A port on which nobody listens now.  Drawn at random, so that two that ask at once differ."""
    for _ in range(TRIES_MAX):
        port = random.randint(FIRST_PORT, LAST_PORT)  # noqa: S311 - to avoid each other, not to keep a secret
        if is_free(host, port):
            return port
    raise BrokerError(f"no free port on {host} between {FIRST_PORT} and {LAST_PORT}: name one with --port")


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen there.

    Raises:
        BrokerError: `host` is no address of this machine.
    """
    try:
        with socket.socket(family(host), socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as Java does: old connections do not count
            probe.bind((host, port))
            probe.listen(1)
    except PermissionError:
        raise BrokerError(f"port {port} may not be used by this user: choose one above 1023") from None
    except OSError as error:
        if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
            raise BrokerError(f"{host} is not an address of this machine: {error}") from None
        return False
    return True


def require_free(host: str, port: int) -> None:
    """Refuse a port on which somebody listens, naming them if they can be seen."""
    if not is_free(host, port):
        raise BrokerError(
            f"port {port} on {host} is taken{owner(port)}: stop that, or choose another port (0 picks a free one)"
        )


def owner(port: int) -> str:
    """` by NAME (pid N)`, or nothing where the system does not tell."""
    try:
        listeners = [c.pid for c in psutil.net_connections("tcp") if c.laddr and c.laddr.port == port and c.pid]
        return f" by {psutil.Process(listeners[0]).name()} (pid {listeners[0]})" if listeners else ""
    except (psutil.Error, OSError):
        return ""


def family(host: str) -> socket.AddressFamily:
    """IPv4 or IPv6, as the address is written."""
    return socket.AF_INET6 if ":" in host else socket.AF_INET
