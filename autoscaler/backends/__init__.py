"""Places where workers run, behind one small protocol (`base.py`): child processes, and memory for tests."""
