"""What was really there in the pictures of a log: as a topic or a file says it, or nobody."""

from __future__ import annotations

import bisect
import math
from pathlib import Path

from simgate.sim_adapters.observation import VisibleEntity
from simgate.sim_adapters.replay.label_files import read_label_file
from simgate.sim_adapters.replay.labels import ANNOTATIONS, read_labels, read_truth
from simgate.sim_adapters.replay.log_file import LogFile
from simgate.sim_adapters.scene.log import LogSite

Entities = tuple[VisibleEntity, ...]


class Truths:
    """All labels of a log: they are small, and may lie far behind their pictures.

    Attributes:
        lost: Stamps of pictures that were lost on their way, nanoseconds, in order; recordings tell them.

    Args:
        log: Opened.
        site: Says where its labels are.
    """

    def __init__(self, log: LogFile, site: LogSite) -> None:
        self._near_ns, self._told = site.tolerance_s * 1e9, site.is_labelled
        self._found: dict[int, Entities] = {}
        self._by_number = self._from_start = False
        self.lost: list[int] = []
        if site.labels is not None:
            file = read_label_file(Path(site.labels), site.labels_by)
            self._found, self._from_start = file.found, file.from_start
            self._by_number = file.by == "number"
        elif site.truth is not None:
            self._from_topic(log, site.truth)
        self._stamps = sorted(self._found)

    def _from_topic(self, log: LogFile, topic: str) -> None:
        kind = log.topics[topic]
        for stamp_ns, said in log.messages(topic):
            if kind == ANNOTATIONS:
                self._found[stamp_ns], is_lost = read_truth(said)
                self.lost += [stamp_ns] if is_lost else []
            else:
                self._found[stamp_ns] = read_labels(kind, said)
        self.lost.sort()

    def at(
        self,
        stamp_ns: int,
        begin_ns: int,
        number: int,
        beside_ns: tuple[float, float] = (-math.inf, math.inf),
    ) -> Entities | None:
        """What is labelled in a picture; None where nothing is labelled near it, () where nobody labels.

        Args:
            stamp_ns: Of the picture.
            begin_ns: Of the log's first one.
            number: Of the picture in the log, from 0.
            beside_ns: Stamps of the pictures before and after it: a label is of the nearest picture alone.
        """
        if not self._told:
            return ()
        if self._by_number:
            return self._found.get(number)
        sought = stamp_ns - begin_ns * self._from_start
        place = bisect.bisect_left(self._stamps, sought)
        before, after = (one - begin_ns * self._from_start for one in beside_ns)
        near = [
            one
            for one in self._stamps[max(0, place - 1) : place + 1]
            if abs(one - sought) < abs(one - before) and abs(one - sought) <= abs(one - after)
        ]
        best = min(near, key=lambda one: abs(one - sought), default=None)
        if best is None or abs(best - sought) > self._near_ns:
            return None
        return self._found[best]
