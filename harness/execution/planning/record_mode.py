"""Which variants leave pictures and a recording. Imported wherever options are declared, so it is light."""

from __future__ import annotations

from typing import Literal, get_args

RecordMode = Literal["failed", "all", "none"]
RECORD_CHOICES: tuple[RecordMode, ...] = get_args(RecordMode)
