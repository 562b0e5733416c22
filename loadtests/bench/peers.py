"""The other clients of the benchmark, each tuned fairly and run in a process of its own.

`python -m loadtests.bench.peers NAME …` sends or reads a number of events and prints one line of JSON:
events, seconds (connecting left out), CPU seconds and peak memory of that process.
"""

import json
import resource
import sys
import time
from collections.abc import Callable, Iterator

import orjson
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from confluent_kafka import Consumer, Producer, TopicPartition  # only the `bench` extra brings it

from loadtests.bench.task import Task

PROGRESS_EVERY = 1_000


def payloads(task: Task) -> Iterator[bytes]:
    """The same JSON event as ours, encoded anew by orjson each time."""
    template = {"pid": 0, "part": 0, "seq": 0, "due_us": 0, "key": "k1234", "type": "view", "value": 142, "pad": ""}
    due_us = time.time_ns() // 1000
    bare = len(orjson.dumps(template | {"seq": task.events, "due_us": due_us}))
    template["pad"] = "x" * max(0, task.event_bytes - bare)
    dumps = orjson.dumps
    for seq in range(task.events):
        template["seq"], template["due_us"] = seq, due_us + seq
        yield dumps(template)


async def aiokafka_send(task: Task) -> float:
    """`send` for each event; every future is awaited in the end."""
    producer = AIOKafkaProducer(
        bootstrap_servers=task.bootstrap_servers,
        acks=int(task.acks) if task.acks != "all" else "all",
        linger_ms=task.linger_ms,
        max_batch_size=task.batch_bytes,
    )
    await producer.start()
    began = time.perf_counter()
    for number, payload in enumerate(payloads(task)):
        await producer.send(task.topic, payload, partition=number % task.partitions)
    await producer.stop()
    return time.perf_counter() - began


def confluent_produce(task: Task) -> float:
    """The librdkafka producer, one call an event, polled now and then."""
    producer = _confluent_producer(task)
    began = time.perf_counter()
    for number, payload in enumerate(payloads(task)):
        while True:
            try:
                producer.produce(task.topic, payload)
                break
            except BufferError:
                producer.poll(0.01)
        if number % PROGRESS_EVERY == 0:
            producer.poll(0)
    producer.flush()
    return time.perf_counter() - began


def confluent_produce_batch(task: Task) -> float:
    """The librdkafka producer, a thousand events a call."""
    producer = _confluent_producer(task)
    began = time.perf_counter()
    batch: list[dict[str, bytes]] = []
    for payload in payloads(task):
        batch.append({"value": payload})
        if len(batch) == PROGRESS_EVERY:
            _send_batch(producer, task.topic, batch)
            batch = []
    _send_batch(producer, task.topic, batch)
    producer.flush()
    return time.perf_counter() - began


async def aiokafka_getmany(task: Task) -> float:
    """Plain `getmany`, each value decoded by orjson."""
    consumer = AIOKafkaConsumer(
        task.topic,
        bootstrap_servers=task.bootstrap_servers,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        max_partition_fetch_bytes=1 << 20,
    )
    await consumer.start()
    loads, seen, began = orjson.loads, 0, time.perf_counter()
    while seen < task.events:
        for records in (await consumer.getmany(timeout_ms=1000, max_records=5_000)).values():
            decoded = [loads(record.value) for record in records]
            seen += len(decoded)
    seconds = time.perf_counter() - began
    await consumer.stop()
    return seconds


def confluent_consume(task: Task) -> float:
    """The librdkafka consumer, ten thousand events a call, each value decoded by orjson."""
    consumer = Consumer(
        {
            "bootstrap.servers": task.bootstrap_servers,
            "group.id": f"peer-{time.time_ns()}",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "fetch.min.bytes": 1,
            "max.partition.fetch.bytes": 1 << 20,
            "queued.min.messages": 1_000_000,
            "queued.max.messages.kbytes": 1_048_576,
        }
    )
    consumer.assign([TopicPartition(task.topic, partition, 0) for partition in range(task.partitions)])
    loads, seen, began = orjson.loads, 0, time.perf_counter()
    while seen < task.events:
        decoded = [loads(m.value() or b"null") for m in consumer.consume(10_000, timeout=1.0)]
        seen += len(decoded)
    seconds = time.perf_counter() - began
    consumer.close()
    return seconds


def _confluent_producer(task: Task) -> Producer:
    """Default partitioner: it sticks to a partition for some milliseconds, which makes the fullest batches."""
    return Producer(
        {
            "bootstrap.servers": task.bootstrap_servers,
            "acks": task.acks,
            "linger.ms": task.linger_ms,
            "batch.size": task.batch_bytes,
            "batch.num.messages": 100_000,
            "queue.buffering.max.messages": 1_000_000,
            "queue.buffering.max.kbytes": 1_048_576,
        }
    )


def _send_batch(producer: Producer, topic: str, batch: list[dict[str, bytes]]) -> None:
    """Queue all of `batch`, however often the queue is full meanwhile."""
    while batch:
        sent = producer.produce_batch(topic, batch)
        producer.poll(0 if sent == len(batch) else 0.01)
        batch = [{"value": message["value"]} for message in batch if "_error" in message]


PEERS: dict[str, Callable[[Task], float]] = {
    "aiokafka-send": lambda task: uvloop.run(aiokafka_send(task)),
    "confluent-produce": confluent_produce,
    "confluent-produce-batch": confluent_produce_batch,
    "aiokafka-getmany": lambda task: uvloop.run(aiokafka_getmany(task)),
    "confluent-consume": confluent_consume,
}


def main(name: str, task_json: str) -> None:
    """Run one peer and print what it took."""
    task = Task(**json.loads(task_json))
    seconds = PEERS[name](task)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    figures = {
        "events": task.events,
        "seconds": seconds,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "rss_bytes_max": usage.ru_maxrss * 1024,
    }
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
