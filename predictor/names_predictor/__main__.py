"""`python -m names_predictor` is `names-predict`."""

from names_predictor.cli.main import command

command()
