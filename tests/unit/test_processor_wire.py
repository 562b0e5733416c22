"""Our packing of fetch requests and answers against aiokafka's own."""

import struct
from io import BytesIO

import pytest
from aiokafka.protocol.fetch import FetchRequest, FetchRequest_v11, FetchResponse_v11
from aiokafka.protocol.metadata import MetadataRequest
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from hypothesis import given
from hypothesis import strategies as st

from processor.wire import QuickAnswer, QuickClient, QuickFetch, checksums_right

LONG = st.integers(-(2**63), 2**63 - 1)
INT = st.integers(-(2**31), 2**31 - 1)
NAME = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
WANTED = st.lists(st.tuples(NAME, st.lists(st.tuples(INT, LONG, INT), max_size=4)), max_size=3)
ABORTED = st.lists(st.tuples(LONG, LONG), max_size=3)
PARTITION = st.tuples(INT, st.integers(-100, 100), LONG, LONG, LONG, ABORTED, INT, st.binary(max_size=40))
TOPICS = st.lists(st.tuples(NAME, st.lists(PARTITION, max_size=3)), max_size=3)


@given(WANTED, st.tuples(INT, INT, INT, st.integers(0, 1)), NAME)
def test_a_request_is_the_same_bytes(
    topics: list[tuple[str, list[tuple[int, int, int]]]], limits: tuple[int, int, int, int], rack: str
) -> None:
    """Header and body, whatever is asked for."""
    request = FetchRequest(*limits, topics, rack_id=rack)
    theirs, ours = request.build(FetchRequest_v11), QuickFetch(request).prepare({1: (4, 18)})
    assert ours.encode() == theirs.encode()
    header = theirs.build_request_header(7, "me").encode()
    assert ours.build_request_header(7, "me").encode() == header


@given(TOPICS)
def test_an_answer_is_the_same_content(topics: list[tuple[str, list[tuple[int, ...]]]]) -> None:
    """Header and all partitions, as aiokafka reads them."""
    data = struct.pack(">i", 99) + FetchResponse_v11(0, 0, 0, topics).encode()
    ours, theirs = BytesIO(data), BytesIO(data)
    request = QuickFetch(FetchRequest(0, 0, 0, 0, []))
    assert request.parse_response_header(ours).correlation_id == 99
    theirs.read(4)
    answer = request.RESPONSE_TYPE.decode(ours)
    assert answer.topics == FetchResponse_v11.decode(theirs).topics
    assert answer.API_VERSION == FetchResponse_v11.API_VERSION


def test_an_answer_without_aborted_transactions() -> None:
    """Kafka says null there when nobody asked."""
    theirs = FetchResponse_v11(0, 0, 0, [("t", [(0, 0, 5, 5, 0, None, -1, b"xyz")])])
    assert QuickAnswer.decode(BytesIO(theirs.encode())).topics == [("t", [(0, 0, 5, 5, 0, None, -1, b"xyz")])]


def test_an_answer_that_is_cut_short_is_an_error() -> None:
    """Half an answer is not taken for a whole one."""
    data = FetchResponse_v11(0, 0, 0, [("t", [(0, 0, 5, 5, 0, [], -1, b"xyz")])]).encode()
    with pytest.raises(struct.error):
        QuickAnswer.decode(BytesIO(data[:-1]))


def test_an_old_broker_gets_what_it_understands() -> None:
    """Below version 11 aiokafka's own request is sent."""
    request = FetchRequest(0, 0, 0, 0, [("t", [(0, 0, 1)])])
    assert QuickFetch(request).prepare({1: (0, 7)}).API_VERSION == 7


async def test_only_fetches_take_the_short_way() -> None:
    """Every other request, and every other attribute, is the client's own."""
    sent = []

    class Client:
        cluster = "the cluster"

        async def send(self, node_id: int, request: object) -> str:
            sent.append((node_id, request))
            return "answer"

    quick, other = QuickClient(Client()), MetadataRequest([])
    assert await quick.send(3, other) == "answer"
    await quick.send(3, FetchRequest(0, 0, 0, 0, []))
    assert sent[0] == (3, other)
    assert isinstance(sent[1][1], QuickFetch)
    assert quick.cluster == "the cluster"


def record_batches(count: int) -> bytes:
    """Some record batches behind each other, as aiokafka writes them."""
    written = b""
    for number in range(count):
        builder = DefaultRecordBatchBuilder(
            magic=2, compression_type=0, is_transactional=0, producer_id=-1, producer_epoch=-1, base_sequence=-1,
            batch_size=1 << 16,
        )  # fmt: skip
        builder.append(0, timestamp=1, key=b"k", value=b"x" * (10 + number), headers=[])
        written += bytes(builder.build())
    return written


@pytest.mark.parametrize(
    ("records", "right"),
    [
        pytest.param(record_batches(1), True, id="one batch"),
        pytest.param(record_batches(3), True, id="several"),
        pytest.param(record_batches(2)[:-1], True, id="the last one cut short: it will be fetched again"),
        pytest.param(b"", True, id="nothing"),
        pytest.param(record_batches(2)[:-1] + b"?", False, id="a wrong byte at the very end"),
        pytest.param(record_batches(1)[:25] + b"?" + record_batches(2)[26:], False, id="a wrong byte in a header"),
        pytest.param(bytes(16) + b"\1" + bytes(60), False, id="a format from before checksums of this kind"),
    ],
)
def test_checksums_are_seen_to_at_once(records: bytes, right: bool) -> None:
    """Every whole batch is checked, wherever it stands."""
    assert checksums_right(records) is right


def test_a_wrong_checksum_is_left_to_aiokafka_to_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """From then on nobody relies on this check."""
    monkeypatch.setattr(QuickAnswer, "all_checked", True)
    damaged = record_batches(1)[:-1] + b"?"
    theirs = FetchResponse_v11(0, 0, 0, [("t", [(0, 0, 5, 5, 0, None, -1, damaged)])])
    assert QuickAnswer.decode(BytesIO(theirs.encode())).topics[0][1][0][-1] == damaged
    assert not QuickAnswer.all_checked
