"""edgekit: possible infantile epileptic spasms from body landmarks, on the device.

Research software, no medical device. Importing edgekit needs NumPy only.
"""

import os
import sys

__version__ = "0.1.0"

# ONNX Runtime (from 1.32 on Linux) and OpenVINO report their use to their makers over the network,
# and keep a number for the machine in the user's home, unless told not to before they are loaded.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type] # as documented: never
