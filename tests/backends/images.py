"""The image of the actor: Python and one file."""

import io
import tarfile
from functools import cache
from pathlib import Path

from docker import APIClient
from docker.utils import kwargs_from_env

ACTOR_IMAGE = "weir-test-actor:latest"
DOCKERFILE = b"""
FROM python:3.13-slim
COPY actor.py /actor.py
ENTRYPOINT ["python", "/actor.py"]
"""


@cache
def actor_image() -> str:
    """Its name; built once in a test run, from the base image that is there."""
    client = APIClient(**kwargs_from_env())
    try:
        answers = [*client.build(fileobj=_context(), custom_context=True, tag=ACTOR_IMAGE, rm=True, decode=True)]
    finally:
        client.close()
    errors = [answer["error"] for answer in answers if "error" in answer]
    assert not errors, errors
    return ACTOR_IMAGE


def _context() -> io.BytesIO:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name, content in {"Dockerfile": DOCKERFILE, "actor.py": _actor()}.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), 0o644
            tar.addfile(entry, io.BytesIO(content))
    archive.seek(0)
    return archive


def _actor() -> bytes:
    return Path(__file__).with_name("actor.py").read_bytes()
