"""Does a stated margin decide, and is GO for a loss beyond it as rare as promised?"""

from __future__ import annotations

import pytest

from tests.quality.margins import CONFIDENCE, margins

ALPHA = 1.0 - CONFIDENCE


@pytest.fixture(scope="module")
def cells():
    return list(margins())


def test_go_for_a_loss_of_the_margin_or_more_is_at_most_alpha(cells):
    beyond = [cell for cell in cells if cell.loss >= (0.02 if cell.margin is None else cell.margin)]
    assert len(beyond) == 24
    assert max(cell.go for cell in beyond) <= ALPHA


def test_no_go_for_a_loss_within_the_margin_is_at_most_alpha(cells):
    within = [cell for cell in cells if cell.loss <= (cell.margin or 0.0)]
    assert len(within) == 18
    assert max(cell.no_go for cell in within) <= ALPHA


def test_a_loss_of_two_points_is_hardly_ever_refused_with_a_margin_of_five_and_mostly_without_one(cells):
    def no_go(margin, kind):
        return next(c.no_go for c in cells if (c.margin, c.kind, c.loss) == (margin, kind, 0.02))

    assert all(no_go(0.05, kind) < 0.001 for kind in ("steady", "flaky"))
    assert no_go(None, "steady") > 0.8


def test_a_loss_of_twice_the_margin_is_seen(cells):
    assert all(c.no_go > 0.6 for c in cells if (c.margin, c.loss) == (0.05, 0.1) and c.kind != "independent")
