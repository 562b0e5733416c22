"""The escaping of server.properties, held against the rules of `java.util.Properties`."""

import re

from hypothesis import given
from hypothesis import strategies as st

from broker.properties import properties_text


def read_by_java(text: str) -> dict[str, str]:
    """`java.util.Properties`, as far as lines go that need no continuation."""
    pairs = (re.match(r"((?:[^\\=]|\\.)*)=(.*)", line) for line in text.splitlines())
    return {unescaped(pair[1]): unescaped(pair[2]) for pair in pairs if pair}


def unescaped(text: str) -> str:
    units = re.sub(
        r"\\(u([0-9a-f]{4})|.)", lambda match: chr(int(match[2], 16)) if match[2] else match[1], text.lstrip(" ")
    )
    return units.encode("utf-16", "surrogatepass").decode("utf-16")


@given(st.dictionaries(st.text(min_size=1), st.text(), max_size=4))
def test_every_property_reads_back_as_it_was_meant(properties: dict[str, str]) -> None:
    """Whatever is in a value (a password, a path) reaches Kafka unchanged, one line each, in ASCII."""
    text = properties_text(properties)
    assert text.isascii()
    assert len(text.splitlines()) == len(properties)
    assert read_by_java(text) == properties
