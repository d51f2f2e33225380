"""The ONNX graph of the network. This module does not import torch."""

PAIRS, SCALE_CODES = "ngram_pairs", "ngram_scale_codes"
"""Names of the n-gram table in 4 bits: two weights a byte, and the level of each row's scale."""
