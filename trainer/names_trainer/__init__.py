"""Train a character LSTM on a folder of names and export it for `names_predictor`."""

__version__ = "0.1.0"
