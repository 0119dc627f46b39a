"""The frames of an episode: as they are while they are few, as JPEG on the disk beyond, and none is read unasked."""

import numpy as np
import pytest

from simgate.harness.execution.pictures import kept_frames
from simgate.harness.execution.pictures.kept_frames import KeptFrames, seen_places


def frame(k):
    """Nearly smooth, so that JPEG is near to it, and no more than that."""
    ramp = np.linspace(10 * k, 10 * k + 60, 32)[None, :, None]
    return (ramp + np.random.default_rng(k).integers(0, 4, (24, 32, 3))).astype(np.uint8)


@pytest.fixture
def few(monkeypatch):
    """Room for two frames as they are."""
    monkeypatch.setattr(kept_frames, "MOST_RAW_BYTES", 2 * frame(0).nbytes)


def filled(**given):
    kept = KeptFrames(**given)
    for k in range(6):
        kept.append(None if k == 3 else frame(k))
    return kept


def test_few_frames_are_kept_as_they_are():
    kept = filled().settled()
    assert isinstance(kept, tuple)
    assert kept[3] is None
    assert all(np.array_equal(kept[k], frame(k)) for k in (0, 1, 2, 4, 5))


def test_frames_beyond_are_those_of_a_jpeg_and_the_newest_is_exact(few):
    kept = filled()
    assert all(np.array_equal(kept[k], frame(k)) for k in (0, 1, 5))
    for k in (2, 4):
        assert not np.array_equal(kept[k], frame(k))
        assert np.abs(kept[k].astype(int) - frame(k)).max() <= 12
    assert kept[3] is None
    assert np.array_equal(kept[-1], frame(5))
    kept.append(frame(6))
    assert np.abs(kept[5].astype(int) - frame(5)).max() <= 12
    with pytest.raises(IndexError):
        kept[7]


def test_what_is_measured_is_kept_as_it_was(few):
    kept = filled(exact=True)
    kept.append(None)
    assert kept[3] is None
    assert all(np.array_equal(kept[k], frame(k)) for k in (0, 1, 2, 4, 5))
    kept[2][:] = 0  # Somebody draws into it.
    assert np.array_equal(kept[2], frame(2))


def test_the_newest_that_was_seen_is_exact_also_when_later_ones_are_lost(few):
    kept = filled()
    kept.append(None)
    kept.append(None)
    assert np.array_equal(kept[5], frame(5))
    assert not np.array_equal(kept[4], frame(4))


def test_what_is_there_now_stays_what_it_is_when_more_comes(few):
    kept = filled()
    now = kept.settled()
    kept.append(frame(9))
    assert (len(now), len(kept)) == (6, 7)
    assert seen_places(now) == [0, 1, 2, 4, 5]
    assert len(now[2:5]) == 3
    assert now[2:5][1] is None


def test_which_frames_there_are_is_known_without_reading_one(few, monkeypatch):
    kept = filled().settled()
    monkeypatch.setattr(KeptFrames, "frame", lambda self, index: pytest.fail("a frame was read"))
    assert seen_places(kept) == [0, 1, 2, 4, 5]
