"""`python -m ai_worker.health`: exits with 0 while the worker's heart beats."""

import os
import sys
import time

from ai_worker.settings import Settings

# The longest job there is takes less than this on a CPU.
MAX_AGE_SECONDS = 120


def problem(settings: Settings, now: float) -> str | None:
    """What is wrong with the worker; None when nothing is."""
    try:
        age = now - settings.heartbeat.stat().st_mtime
    except OSError as error:
        return f"no heartbeat: {error}"
    if age > MAX_AGE_SECONDS:
        return f"the last heartbeat was {age:.0f} s ago"
    return None


def main() -> int:
    """Say what is wrong, and answer with the exit code."""
    wrong = problem(Settings.read(os.environ), time.time())
    if wrong is None:
        return 0
    print(wrong, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
