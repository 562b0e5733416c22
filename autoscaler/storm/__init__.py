"""Init storms by their evidence: CPU burnt by starting workers is read as load, and starts more workers.

`rule.py` is what the score of a run and a live autoscaler have in common, `watch.py` looks for one while it happens.
Pure.
"""
