"""The artifact on disk: manifest, reading and writing, and the check of the ONNX file."""
