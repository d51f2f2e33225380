"""`names` as a child process, which ends when its parent does, even if the parent is killed.

Its standard input is a pipe from the parent, which writes nothing.
"""

import os
import threading

from names_trainer.cli.main import main


def _end_with_parent() -> None:
    os.read(0, 1)  # returns at the end of the pipe
    os._exit(1)


threading.Thread(target=_end_with_parent, daemon=True).start()
main()
