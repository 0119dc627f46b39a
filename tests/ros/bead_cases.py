"""How a bead's node misbehaves: at its fourth tick, by the number that its messages hold, or at a start of its own."""

CASES = (
    "good", "crashes", "hangs", "twice", "past", "future", "nan", "silent", "kills the bridge", "world fails",
    "good again",
)  # fmt: skip
STARTS = ("", "", "crash", "", "type", "quality", "domain", "")
"""By the number of the start: the first two are those of the run's plan and of its host."""
