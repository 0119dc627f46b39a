"""How a bead's node misbehaves at its fourth tick, by the number that its messages hold."""

CASES = (
    "good", "crashes", "hangs", "twice", "past", "future", "nan", "silent", "kills the bridge", "good again",
)  # fmt: skip
