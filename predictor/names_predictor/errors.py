"""The one kind of exception that a user can cause."""


class NamesError(Exception):
    """Bad input or usage; its message is one line that says what, where and what to do.

    The command lines print it without a traceback and end with exit code 2.
    """
