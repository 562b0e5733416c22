"""Drives events into Kafka by a schedule that a slow Kafka cannot stretch, and accounts for every one of them.

From the inside out: pacer (when), source (what), columns and plain (bytes), sender (hands over), delivery (answers),
app (one process), fleet (several), cli.
"""
