"""Waiting for conditions, each with a deadline; the only place of the suite that sleeps."""

import time


def wait_until(condition, what, timeout=30.0, pause=0.02):
    """Calls `condition` until it answers something true, and returns that answer.

    Fails after `timeout` seconds, saying `what` was waited for; `what` may be a function, asked only
    then, so that a failure can show the state that it found.
    """
    deadline = time.monotonic() + timeout
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            told = what() if callable(what) else what
            raise AssertionError(f"waited {timeout:g} s in vain for {told}")
        time.sleep(pause)
