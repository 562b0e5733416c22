"""What is checked before a producer connects."""

import logging

import aiokafka.record.default_records as records
import pytest

from producer.client import warn_without_extension


def test_aiokafka_without_its_extension_is_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It works, at a tenth of the rate; with the extension nothing is said."""
    with caplog.at_level(logging.WARNING):
        warn_without_extension()
        assert not caplog.records
        monkeypatch.setattr(records, "DefaultRecordBatchBuilder", records._DefaultRecordBatchBuilderPy)
        warn_without_extension()
    assert "AIOKAFKA_NO_EXTENSIONS" in caplog.text
