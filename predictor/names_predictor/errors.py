"""The one kind of exception that a user can cause, and what others say."""


class NamesError(Exception):
    """Bad input or usage; its message is one line that says what, where and what to do.

    The command lines print it without a traceback and end with exit code 2.
    """


def one_line(problem: Exception) -> str:
    """Return what a library says in an exception, shortened to a line."""
    if isinstance(problem, OSError) and problem.strerror:
        return problem.strerror
    lines = str(problem).strip().splitlines() or [type(problem).__name__]
    return lines[0]
