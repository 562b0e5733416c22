"""Recorded states as JSON Lines: read into observations and memories, decisions written back, the schema."""

from autoscaler.lines.format import VERSION, State, read_state, write_decision
from autoscaler.lines.schema import line_schema

__all__ = ["VERSION", "State", "line_schema", "read_state", "write_decision"]
