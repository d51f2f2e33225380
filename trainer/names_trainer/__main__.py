"""`python -m names_trainer` is `names`."""

from names_trainer.cli.main import main

main()
