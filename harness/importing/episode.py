"""What an imported file tells: episodes, as every format gives them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from simgate.harness.results.record import Scalar


class CannotImport(Exception):  # noqa: N818 - the name says what happened
    """A file cannot be imported; the message names file, place and remedy."""


@dataclass(frozen=True, slots=True)
class Episode:
    """One episode of another tool.

    Attributes:
        scenario: What was to be done: a task, a suite, a class of tests.
        name: Its name in the file.
        success: Whether it succeeded; None where the file does not say.
        reason: Why it failed, or why nobody knows; may be empty.
        failed_to_run: It did not come to a result of the robot's; never a success, and no failure either.
        pair: What the file says of its seed: episodes of two files with the same are a pair. Empty for none.
        within: What tells it from others of one seed, in every file of its kind; empty where nothing does.
        parameters: What varied.
        metrics: What was measured.
    """

    scenario: str
    name: str
    success: bool | None
    reason: str = ""
    failed_to_run: bool = False
    pair: str = ""
    within: str = ""
    parameters: Mapping[str, Scalar] = field(default_factory=dict)
    metrics: Mapping[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Told:
    """What a file tells.

    Attributes:
        tool: Who wrote it.
        episodes: In the file's order.
        version: Of the tool; empty where the file does not say.
        policy: What was judged; empty where the file does not say.
        success: What says success, where it is not the tool's one key for it.
        is_cut_short: Whether it ended before nobody knows how many episodes; an episode says that it did.
    """

    tool: str
    episodes: tuple[Episode, ...]
    version: str = ""
    policy: str = ""
    success: str = ""
    is_cut_short: bool = False
