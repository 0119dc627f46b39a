"""simgate: a release gate for robot software. Everything imports as ``simgate.*``.

The rooms stand at the top of the repository; here are links to them, so that installers, type checkers and
editors find one package, and none of its names collides with a team's own ``policies`` or ``harness``.
"""

import os

NO_TELEMETRY = {
    "ORT_DISABLE_TELEMETRY": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "HF_HUB_DISABLE_TELEMETRY": "1",
}
"""Libraries that a gate loads report its use to their vendors unless told not to before they are imported."""

for _name, _value in NO_TELEMETRY.items():
    os.environ.setdefault(_name, _value)
