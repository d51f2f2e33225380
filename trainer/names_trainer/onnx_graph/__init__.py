"""The ONNX graph of the network."""

from names_trainer.onnx_graph.encoder import to_onnx

__all__ = ["to_onnx"]
