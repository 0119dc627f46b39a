"""The shipped navigator with one thing wrong; named by ``SIMGATE_PLUGINS`` (``mutations.py``)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from unittest.mock import patch

import numpy as np

from simgate.policies.door_navigator import DoorNavigator
from simgate.policies.navigation import watch
from simgate.policies.perception.outputs import Boxes
from simgate.policies.policy import Act
from simgate.sim_adapters.observation import Observation


class IgnoresPeople(DoorNavigator):
    """It is told of no person; lidar and doors are as ever."""

    def act(self, observation: Observation, detections: Sequence[Boxes | None]) -> list[Act]:
        return super().act(observation, [without_people(found) for found in detections])


def without_people(found: Boxes | None) -> Boxes | None:
    """Detections of other classes."""
    if found is None:
        return None
    keep = np.array([found.label(k) != watch.PERSON for k in range(len(found))], dtype=np.bool_)
    return replace(found, boxes=found.boxes[keep], scores=found.scores[keep], class_ids=found.class_ids[keep])


class KeepsLess(DoorNavigator):
    """It stops 0.6 m before a person who walks ahead of it, instead of 1.7 m."""

    def act(self, observation: Observation, detections: Sequence[Boxes | None]) -> list[Act]:
        with patch.object(watch, "_YIELD_GAP_M", 0.6):
            return super().act(observation, detections)


class SaysGlass(DoorNavigator):
    """Whatever door it stands before, it calls it glass."""

    def act(self, observation: Observation, detections: Sequence[Boxes | None]) -> list[Act]:
        decisions = super().act(observation, detections)
        return [replace(one, facts={"report": "glass"}) if one.report == "wood" else one for one in decisions]
