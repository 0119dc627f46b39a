"""What the detector must reach on held-out frames; the model card says whether it does."""

REQUIRED_AP50 = 0.90
"""Average precision at IoU 0.5 within 4 m, for each door class."""
REQUIRED_RECALL = 0.98
"""Share of shut doors within 3 m that are found, for each door class."""
ALLOWED_ALARMS = 0.01
"""Share of open doorways in which glass may be seen."""
