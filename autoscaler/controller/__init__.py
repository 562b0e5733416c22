"""The loop that keeps a group's workers: one tick of it, what a tick reports, and what it does when a part fails."""

from autoscaler.controller.controller import Controller
from autoscaler.controller.report import Report

__all__ = ["Controller", "Report"]
