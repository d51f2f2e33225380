"""The ONNX graph of a model."""

from names_trainer.onnx_graph.encoder import to_onnx

__all__ = ["to_onnx"]
