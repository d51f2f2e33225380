"""Ctrl-C: the first one stops the command, later ones do not interrupt its clean-up."""

import signal
from collections.abc import Callable
from typing import NoReturn


def stop_once() -> Callable[[], bool]:
    """Raise `KeyboardInterrupt` for the first Ctrl-C only, unless there is another handler.

    Returns:
        A function that returns whether there was one: native code may replace the exception.

    """
    is_stopped = False

    def stop(*_: object) -> NoReturn:
        nonlocal is_stopped
        is_stopped = True
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        raise KeyboardInterrupt

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, stop)
    return lambda: is_stopped
