"""Finds a way through what the lidar sees: dynamic programming over lanes that run to the goal.

The window ahead is cut into columns and lanes. Every way moves one column on and at most two lanes
aside, so one backward sweep finds the best of all ways, including which side of each obstacle to
pass, which a reactive rule decides one obstacle at a time and regrets at the next.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

COLUMN_M, LANE_M = 0.2, 0.1
_COLUMNS, _SIDE_LANES = 20, 24
_LANES = 2 * _SIDE_LANES + 1
_SHIFTS = np.arange(-2, 3)
_BLOCKED = 60.0
_CROWDED = 1.2
_CROWD_LANES = 3
_SHIFT_COST = 0.06
_OFF_CENTRE_COST = 0.05
_OFF_CENTRE_AT_END = 0.4


@dataclass(frozen=True, slots=True)
class Way:
    """A way ahead.

    Attributes:
        points: One a column, shape (K, 2), the first beside the robot.
        blocked_m: Along the way from the robot's centre to where its hull would touch, ``inf``
            when the way is free.
        narrowest_m: Smallest room to move sideways, metres, over the next 1.6 m.
    """

    points: NDArray[np.float64]
    blocked_m: float
    narrowest_m: float


class LanePlanner:
    """Plans for a round robot.

    Args:
        radius_m: Radius of the hull.
        margin_m: Room to keep around it.
    """

    def __init__(self, radius_m: float, margin_m: float = 0.06) -> None:
        self._reach = radius_m + margin_m
        columns = math.ceil(self._reach / COLUMN_M)
        lanes = math.ceil(self._reach / LANE_M)
        self._pad_columns, self._pad_lanes = columns + 1, lanes + 1
        dc, dl = np.meshgrid(np.arange(-columns, columns + 1), np.arange(-lanes, lanes + 1), indexing="ij")
        self._dc, self._dl = dc.ravel(), dl.ravel()
        self._row = _LANES + 2 * self._pad_lanes
        self._offsets = self._dc * self._row + self._dl
        # Touching something far costs less: when no way is free, the one that is free longest wins.
        self._block_cost = _BLOCKED * np.arange(_COLUMNS, 0, -1)[:, None]
        self._centre_cost = LANE_M * np.abs(np.arange(_LANES) - _SIDE_LANES)
        self._shift_cost = (_SHIFT_COST * np.abs(_SHIFTS))[:, None]

    def plan(
        self, obstacles: NDArray[np.float64], robot: tuple[float, float], goal: tuple[float, float]
    ) -> Way:
        """The best way from ``robot`` along X.

        Args:
            obstacles: Points that must not be touched, mission frame, shape (K, 2).
            robot: Position, mission frame.
            goal: Position, mission frame; lanes lie symmetrically about its Y.
        """
        blocked = self._blocked(obstacles, robot[0], goal[1])
        start = round((robot[1] - goal[1]) / LANE_M) + _SIDE_LANES
        start = min(max(start, 2), _LANES - 3)
        # A robot that stands against something must still be let go.
        blocked[0, :] = False
        crowd = _crowd(blocked)
        cost = self._block_cost * blocked + _CROWDED * crowd
        cost += _OFF_CENTRE_COST * self._centre_cost
        lanes = self._sweep(cost, start)
        x = robot[0] + COLUMN_M * np.arange(_COLUMNS)
        y = goal[1] + LANE_M * (lanes - _SIDE_LANES)
        y[0] = robot[1]
        on_way = blocked[np.arange(_COLUMNS), lanes]
        first = int(np.argmax(on_way)) if on_way.any() else -1
        blocked_m = math.inf if first < 0 else COLUMN_M * max(first - 1, 0)
        return Way(np.stack((x, y), axis=1), blocked_m, _narrowest(blocked[:9], lanes[:9]))

    def _blocked(self, obstacles: NDArray[np.float64], x0: float, y0: float) -> NDArray[np.bool_]:
        """Cells from which the hull, with its margin, touches an obstacle."""
        pad_c, pad_l = self._pad_columns, self._pad_lanes
        grid = np.zeros((_COLUMNS + 2 * pad_c, self._row), np.bool_)
        near = (obstacles[:, 0] > x0 - 1.0) & (obstacles[:, 0] < x0 + COLUMN_M * (_COLUMNS + pad_c))
        obstacles = obstacles[near]
        u = (obstacles[:, 0] - x0) / COLUMN_M
        v = (obstacles[:, 1] - y0) / LANE_M + _SIDE_LANES
        column, lane = np.rint(u).astype(np.int64), np.rint(v).astype(np.int64)
        inside = (column > -pad_c) & (column < _COLUMNS + pad_c - 1)
        inside &= (lane > -pad_l) & (lane < _LANES + pad_l - 1)
        u, v, column, lane = u[inside], v[inside], column[inside], lane[inside]
        dx = COLUMN_M * (self._dc[None] - (u - column)[:, None])
        dy = LANE_M * (self._dl[None] - (v - lane)[:, None])
        touched = dx * dx + dy * dy < self._reach**2
        cells = ((column + pad_c) * self._row + lane + pad_l)[:, None] + self._offsets[None]
        # Stamps reach past the padding only where the mask is off or the cell is cut away below.
        flat = grid.reshape(-1)
        flat[np.clip(cells[touched], 0, flat.size - 1)] = True
        return grid[pad_c : pad_c + _COLUMNS, pad_l : pad_l + _LANES]

    def _sweep(self, cost: NDArray[np.float64], start: int) -> NDArray[np.int64]:
        """Lane of each column on the cheapest way from ``start``."""
        # Two walls of lanes nobody can take spare the sweep its bounds checks.
        value = np.full((_COLUMNS, _LANES + 4), 1e9)
        value[-1, 2:-2] = cost[-1] + _OFF_CENTRE_AT_END * self._centre_cost
        options = np.lib.stride_tricks.sliding_window_view(value, _LANES, axis=1)
        scratch = np.empty((len(_SHIFTS), _LANES))
        for column in range(_COLUMNS - 2, -1, -1):
            np.add(options[column + 1], self._shift_cost, out=scratch)
            np.add(scratch.min(axis=0), cost[column], out=value[column, 2:-2])
        lanes = np.empty(_COLUMNS, np.int64)
        lane = start
        for column in range(_COLUMNS - 1):
            lanes[column] = lane
            near = value[column + 1, lane : lane + 5] + self._shift_cost[:, 0]
            lane += int(near.argmin()) - 2
        lanes[-1] = lane
        return lanes


def _crowd(blocked: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Share of blocked cells within three lanes and one column of each cell."""
    wide = blocked.copy()
    wide[1:] |= blocked[:-1]
    wide[:-1] |= blocked[1:]
    reach = _CROWD_LANES
    counts = np.zeros((_COLUMNS, _LANES + 2 * reach + 1))
    np.cumsum(wide, axis=1, out=counts[:, reach + 1 : reach + 1 + _LANES])
    counts[:, reach + 1 + _LANES :] = counts[:, reach + _LANES, None]
    share: NDArray[np.float64] = (counts[:, 2 * reach + 1 :] - counts[:, : -2 * reach - 1]) / (2 * reach + 1)
    return share


def _narrowest(blocked: NDArray[np.bool_], lanes: NDArray[np.int64]) -> float:
    """Smallest run of free lanes around the way over some columns, metres."""
    index = np.arange(blocked.shape[1])[None]
    at = lanes[:, None]
    left = np.where(blocked & (index > at), index, blocked.shape[1]).min(axis=1)
    right = np.where(blocked & (index < at), index, -1).max(axis=1)
    return float(LANE_M * (left - right - 1).min())
