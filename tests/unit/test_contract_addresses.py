"""HOST:PORT is read and written in one way everywhere."""

import pytest

from contract.addresses import host_port, is_loopback, read_host_port
from contract.errors import SettingsError
from stack.filter.cli import filter_calls


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        pytest.param("127.0.0.1:8080", "127.0.0.1", 8080, id="an address"),
        pytest.param("kafka.example:0", "kafka.example", 0, id="a name, and the port that is left to chance"),
        pytest.param("[::1]:65535", "::1", 65_535, id="IPv6 stands in brackets"),
    ],
)
def test_what_is_read_is_written_again(text: str, host: str, port: int) -> None:
    assert read_host_port(text, option="--api", expected="1.2.3.4:5") == (host, port)
    assert host_port(host, port) == text


@pytest.mark.parametrize("text", ["8080", ":8080", "[]:8080", "localhost", "localhost:", "h:x", "h:-1", "h:65536", ""])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match=r"--api '.*': expected HOST:PORT such as 1\.2\.3\.4:5"):
        read_host_port(text, option="--api", expected="1.2.3.4:5")


@pytest.mark.parametrize("text", ["127.0.0.1:99999", "2375"])
def test_the_filter_refuses_it_before_it_does_anything(text: str) -> None:
    with pytest.raises(SettingsError, match=r"--listen.*expected HOST:PORT"):
        filter_calls(image="a", network="n", label=["a=b"], upstream="http://127.0.0.1:1", host=text)


@pytest.mark.parametrize(
    ("host", "near"),
    [
        pytest.param("LocalHost", True, id="its name"),
        pytest.param("127.8.8.8", True, id="an address of its own"),
        pytest.param("::1", True, id="that of IPv6"),
        pytest.param("192.168.1.7", False, id="an address that others reach"),
        pytest.param("localhost.example", False, id="a name that begins like it"),
        pytest.param("", False, id="none"),
    ],
)
def test_what_can_only_be_this_machine(host: str, near: bool) -> None:  # a column of the table
    assert is_loopback(host) is near
