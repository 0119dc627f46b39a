"""A recorded episode that is replayed as a log gives the model the same pictures at the same times."""

from __future__ import annotations

import pytest

from simgate.harness.execution.episode.lap_clock import LapClock
from simgate.harness.execution.episode.loop import run_episodes
from simgate.harness.scoring.metrics import compute
from simgate.harness.tasks.watch import WATCH
from simgate.policies.watcher import Watcher
from simgate.sim_adapters.replay.adapter import ReplayAdapter
from simgate.sim_adapters.scene.log import LogSite
from simgate.sim_adapters.scene.sensor import CameraEffects
from tests.unit.execution.test_episode import TIMING, cast, play
from tests.unit.execution.test_mcap_recording import keep

pytest.importorskip("mcap_protobuf", reason="needs simgate[logs]")

__all__ = ["cast"]


@pytest.mark.parametrize(("door_m", "dropout"), [(3.0, 0.0), (4.5, 0.0), (4.5, 0.4), (3.0, 0.8)])
def test_a_recording_replayed_gives_the_same_pictures_detections_and_metrics(
    cast, tmp_path, door_m, dropout
) -> None:
    before = play(cast(), door_m, dropout=dropout)[0]
    assert any(f is None for f in before.frames) == (dropout > 0.0)
    recorded = keep(tmp_path, before)
    log = LogSite(
        name="log", path=str(recorded), channel="camera.rgb", shape=(24, 32),
        images="/front/rgb", truth="/front/rgb/truth", labels=None, labels_by="stamp", tolerance_s=0.0,
        from_s=0.0, to_s=1e6, effects=CameraEffects(),
    )  # fmt: skip
    again = cast(Watcher(TIMING.control_hz), adapter=ReplayAdapter(TIMING), task=WATCH, limit_s=60.0)
    now = run_episodes(again, [log], [7], [7], LapClock())[0]
    assert now.trace.frames == before.trace.frames
    shown = [[None if f is None else f.tolist() for f in one.frames] for one in (now, before)]
    assert shown[0] == shown[1]
    assert len(now.trace.detections) == len(before.trace.detections) > 3
    for one, other in zip(now.trace.detections, before.trace.detections, strict=True):
        assert (one.frame_step, one.boxes.tolist()) == (other.frame_step, other.boxes.tolist())
    for name in ("recall", "precision", "iou_mean"):
        metrics = [
            compute(f"detection.glass_door.{name}", one.trace, one.latency, {"within_m": 3.0})
            for one in (now, before)
        ]
        assert metrics[0] == metrics[1]
    # The variant's own seed draws the latencies of both, so even these are the same.
    assert now.trace.delivered_steps == before.trace.delivered_steps
    assert now.trace.invalid_reasons == ()
