"""`python -m names_trainer` is `names`."""

from names_trainer.cli import main

main()
