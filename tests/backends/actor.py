"""A worker that follows a `Script`, as a real process: told by the environment variable ACTOR, in JSON.

Only the standard library, so that it starts in a few milliseconds.
"""

import json
import os
import signal
import sys
import time
from types import FrameType

STEP_SECONDS = 0.01


def act() -> None:
    """Live as the script says."""
    script = json.loads(os.environ["ACTOR"])
    begun, told_at = time.monotonic(), [float("inf")]

    def told(_number: int, _frame: FrameType | None) -> None:
        if not script["ignores_stop"]:
            told_at[0] = min(told_at[0], time.monotonic())

    signal.signal(signal.SIGTERM, told)
    sys.stderr.write(script["last_words"])
    held, url_told = [b"x" * int(script["memory_bytes"])], False
    while True:
        now = time.monotonic()
        if not url_told and script["url_seconds"] is not None and now - begun >= script["url_seconds"]:
            sys.stdout.write(json.dumps({"status_port": 10_000}) + "\n")
            url_told = True
        if script["ends_seconds"] is not None and now - begun >= script["ends_seconds"]:
            sys.exit(script["exit_code"])
        if now - told_at[0] >= script["stop_seconds"]:
            sys.exit(0)
        held.append(b"x" * int(script["memory_bytes_per_second"] * STEP_SECONDS))
        while time.monotonic() - now < STEP_SECONDS * script["cpu_cores"]:
            pass
        time.sleep(max(0.0, STEP_SECONDS - (time.monotonic() - now)))


if __name__ == "__main__":
    act()
