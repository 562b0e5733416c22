"""The shared suite runs once for every backend."""

from pathlib import Path

import pytest

from tests.backends.rigs import RIGS, Rig


@pytest.fixture(params=RIGS)
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Rig:
    """One kind of backend, in a folder of the test's own."""
    return RIGS[request.param](tmp_path)
