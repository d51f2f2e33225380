"""Import onnxruntime, after its telemetry is disabled; no other module imports it.

From version 1.29 on, the official wheels report to their maker: they write a device id and an event
store below the home folder, and send events over the network. Names are personal data: a process
that labels them must not use the network. Environment variables that a user has set are kept.

Source: https://github.com/microsoft/onnxruntime/blob/main/docs/Privacy.md
"""

import os
import sys
import warnings

TELEMETRY_OFF = {"ORT_DISABLE_TELEMETRY": "1", "ORT_TELEMETRY_DISABLED": "1"}
"""The variable that onnxruntime reads, and the one that newer versions read."""

if "onnxruntime" in sys.modules and not any(name in os.environ for name in TELEMETRY_OFF):
    warnings.warn(
        "onnxruntime was imported before names_predictor and may report to its maker: set "
        "ORT_DISABLE_TELEMETRY=1, or import names_predictor.inference.runtime first",
        RuntimeWarning,
        stacklevel=2,
    )
for _name, _value in TELEMETRY_OFF.items():
    os.environ.setdefault(_name, _value)

import onnxruntime as ort  # noqa: E402

__all__ = ["TELEMETRY_OFF", "ort"]
