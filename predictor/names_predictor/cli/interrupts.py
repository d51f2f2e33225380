"""Ctrl-C: the first one stops the command, later ones do not interrupt its clean-up."""

import signal
from typing import NoReturn


def stop_once() -> None:
    """Raise `KeyboardInterrupt` for the first Ctrl-C only, unless there is another handler."""

    def stop(*_: object) -> NoReturn:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        raise KeyboardInterrupt

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, stop)
