"""The one place that imports onnxruntime, after its telemetry is switched off.

From version 1.29 on, the official wheels report to their maker: they write a device id and an event
store below the home folder, and send events over the network. Names are personal data: a process
that labels them talks to nobody. A user who has set one of these variables is not overruled.

Source: https://github.com/microsoft/onnxruntime/blob/main/docs/Privacy.md
"""

import os

TELEMETRY_OFF = {"ORT_DISABLE_TELEMETRY": "1", "ORT_TELEMETRY_DISABLED": "1"}
"""The variable that onnxruntime reads, and the one that newer versions read."""

_is_chosen = any(name in os.environ for name in TELEMETRY_OFF)
for _name, _value in TELEMETRY_OFF.items():
    os.environ.setdefault(_name, _value)

import onnxruntime as ort  # noqa: E402

if not _is_chosen:  # for a process that had imported it before, and so latched the variable
    ort.disable_telemetry_events()

__all__ = ["TELEMETRY_OFF", "ort"]
