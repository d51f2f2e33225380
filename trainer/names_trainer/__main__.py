"""`names`, which `python -m names_trainer` runs, too."""

import sys


def command() -> None:
    """Run the command line; Ctrl-C ends it without a traceback, even while it is imported."""
    try:
        from names_trainer.cli.main import main

        main()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    command()
