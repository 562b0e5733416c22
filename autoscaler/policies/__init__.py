"""Policies: pure functions from what is seen and remembered to a number of workers."""
