"""What every plugin that is a ROS 2 node has: options, files, what it says of itself, one for each world."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Generic, TypeVar

from pydantic import ValidationError

from simgate.policies.policy import Brief
from simgate.policies.ros.declaration import NodeSpec
from simgate.policies.ros.link import SCRIPTS, START_SLACK_S, RosFailed, RosLink
from simgate.policies.ros.messages import calls_of
from simgate.sim_adapters.options import Option, Options, read_options
from simgate.sim_adapters.printable import printable_lines

S = TypeVar("S", bound=NodeSpec)
BEGIN_NS = 10**9
"""Simulated time of the first tick: at 0 a ROS clock counts as not set."""
OPTIONS: Options = {
    "ros": Option("file", None, "The pack's folder, where the node is started."),
    "declared": Option("text", None, "What a pack says of it, as JSON."),
}
"""What a pack's declaration is made to."""
_LONGEST_NAME = 255
_PRINTED = 10_000
"""Bytes that are shown of what a node has printed before it failed."""


class NodePlugin(Generic[S]):
    """A ROS 2 node as a plugin: what it is made of, what it says of itself, and that it ends.

    Args:
        options: See :attr:`options`.

    Raises:
        RosFailed: The node cannot be started.
        ValueError: An option is unknown or missing.

    Attributes:
        said: What the ROS installation and the node say of themselves.
    """

    options: ClassVar[Options] = OPTIONS

    def __init__(self, options: Mapping[str, object]) -> None:
        self._spec, self._folder = self._read(options)
        self._nodes = Nodes(self._spec, self._folder)
        self.said = self.says(options)

    @classmethod
    def _read(cls, options: Mapping[str, object]) -> tuple[S, Path]:
        """The declaration in options (:func:`read_declared`)."""
        raise NotImplementedError

    @classmethod
    def says(cls, options: Mapping[str, object]) -> dict[str, str]:
        """What the ROS installation and the node say of themselves now; part of a run's identity.

        Raises:
            RosFailed: The node cannot be started.
        """
        spec, folder = cls._read(options)
        # What a node prints when all is well, and when it is ended, is no news on the screen of who plans.
        with tempfile.TemporaryFile() as printed:
            link = None
            try:
                link = RosLink(spec, folder, 0, printed)
                link.heard()
                return link.facts()
            except RosFailed:
                printed.seek(0)
                sys.stderr.write(printable_lines(printed.read()[-_PRINTED:].decode(errors="replace")))
                raise
            finally:
                if link is not None:
                    link.close()

    @classmethod
    def files(cls, options: Mapping[str, object]) -> Iterator[Path]:
        """The bridge, files that the command names, and what the pack says that the node is made of."""
        spec, folder = cls._read(options)
        yield from SCRIPTS
        for word in spec.launch[1:]:
            if len(word) < _LONGEST_NAME and (folder / word).is_file():
                yield folder / word
        for name in spec.files:
            place = folder / name
            inside = sorted(place.rglob("*")) if place.is_dir() else [place]
            yield from (one for one in inside if not one.is_dir() and "__pycache__" not in one.parts)

    @classmethod
    def interpreters(cls, options: Mapping[str, object]) -> list[Path]:
        """What must be installed where it runs; what a shell finds by its name alone is not told of."""
        spec, folder = cls._read(options)
        return [folder / one for one in (spec.python, spec.setup, spec.launch[0]) if "/" in one]

    @classmethod
    def waits_s(cls, options: Mapping[str, object]) -> float:
        """Seconds of this machine that the declaration gives a node to start and to answer once."""
        spec, _ = cls._read(options)
        return spec.start_timeout_s + START_SLACK_S + (2 + len(spec.calls)) * spec.timeout_s

    def ended(self, world: int) -> None:
        """Ends the node of a world whose episode is over.

        Raises:
            RosFailed: It has said something that does not belong to the last tick.
        """
        self._nodes.links[world].finish()

    def abandon(self) -> None:
        """Ends the nodes of an episode that came to no end."""
        self._nodes.close()

    def close(self) -> None:
        """Ends all nodes; safe to call twice."""
        self._nodes.close()


def read_declared(owner: str, kind: type[S], options: Mapping[str, object], write: str) -> tuple[S, Path]:
    """The declaration in options, and the folder in which the node is started.

    Raises:
        ValueError: An option is unknown, missing or wrong.
    """
    given = read_options(owner, OPTIONS, options)
    if given["ros"] is None or given["declared"] is None:
        raise ValueError(f"{owner}: {write}")
    try:
        return kind.model_validate_json(given["declared"]), Path(str(given["ros"])).resolve()
    except ValidationError as error:
        raise ValueError(f"{owner}: {error.errors()[0]['msg']}; {write}") from None


class Nodes:
    """The nodes of an episode's worlds, started anew so that nothing of an earlier one is in them.

    Attributes:
        links: One for each world.
    """

    def __init__(self, spec: NodeSpec, folder: Path) -> None:
        self._spec, self._folder = spec, folder
        self.links: list[RosLink] = []

    def start(self, briefs: Sequence[Brief], lag_ticks: int = 0) -> None:
        """Starts one for each brief, all at once; what ran before is ended.

        Raises:
            RosFailed: One cannot be started, its topics do not match, or it refuses what it is asked.
            ValueError: The task does not tell what is asked of it.
        """
        self.close()
        try:
            for _ in briefs:
                self.links.append(RosLink(self._spec, self._folder, lag_ticks))
            for link in self.links:
                link.heard()
            if self._spec.calls:
                for link, brief in zip(self.links, briefs, strict=True):
                    link.call(calls_of(self._spec, brief))
        except BaseException:
            self.close()
            raise

    def tick(self, stamp_ns: int, due: Mapping[int, list[object]]) -> dict[int, list[tuple[object, float]]]:
        """Plays a tick with the nodes of some worlds at once.

        Args:
            stamp_ns: Simulated time.
            due: World -> its messages.

        Returns:
            World -> of each topic the fields that were read, or None, and what the answer took, seconds.

        Raises:
            RosFailed: A node died, fell silent, or answered wrongly; all are then ended.
        """
        try:
            for world, messages in due.items():
                self.links[world].tick(stamp_ns, messages)
            return {world: self.links[world].heard() for world in due}
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Ends all of them; safe to call twice."""
        for link in self.links:
            link.close()
        self.links = []
