"""What goes into an event comes out of it, whatever it is."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from contract.event import Origin, decode, decode_batch, encode, origin_of, pack_origin, unpack_origin

NUMBER = st.integers(min_value=0, max_value=2**63 - 1)
ORIGIN = st.builds(Origin, pid=NUMBER, part=NUMBER, seq=NUMBER, due_us=NUMBER)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@st.composite
def events(draw: st.DrawFn) -> dict[str, Any]:
    fields = {"key": draw(TEXT), "type": draw(TEXT), "value": draw(st.integers(-(2**63), 2**63 - 1)), "pad": draw(TEXT)}
    return draw(ORIGIN)._asdict() | fields


@given(events())
def test_an_event_survives_its_bytes(event: dict[str, Any]) -> None:
    assert decode(encode(event)) == event
    assert origin_of(decode(encode(event))) == Origin(*(event[name] for name in Origin._fields))


@given(st.lists(events(), max_size=5))
def test_a_batch_is_its_events(batch: list[dict[str, Any]]) -> None:
    assert decode_batch([encode(event) for event in batch]) == batch


@given(ORIGIN)
def test_an_origin_survives_its_header(origin: Origin) -> None:
    assert unpack_origin([pack_origin(origin)]) == origin
