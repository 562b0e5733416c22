"""Decides how many workers there should be, and why."""
