"""The shared suite runs once for every backend."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.backends.rigs import RIGS, Rig

MARKS = {"docker": [pytest.mark.docker]}
"""What a rig needs that not every machine has."""


@pytest.fixture(params=[pytest.param(name, marks=MARKS.get(name, [])) for name in RIGS])
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    """One kind of backend, in a folder of the test's own."""
    one = RIGS[request.param](tmp_path)
    yield one
    one.close()
