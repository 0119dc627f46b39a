from __future__ import annotations

import argparse
import json

from simgate.harness.cli.commands.packs import metrics
from simgate.harness.scoring.metrics import metric_names


def printed(capsys, *arguments):
    parser = argparse.ArgumentParser()
    metrics.configure(parser)
    assert metrics.run(parser.parse_args(arguments)) == 0
    return capsys.readouterr().out


def test_every_metric_is_listed_with_unit_direction_range_and_meaning(capsys):
    text = printed(capsys)
    assert all(f"{name}  (" in text for name in metric_names())
    assert "stop_distance_m  (m; neither is better)" in text  # negative where hull and barrier overlap
    assert "detection.<class>.first_seen_m  (m; higher is better; from 0)" in text
    assert "Options: within_m, min_pixels, max_occlusion, model." in text
    assert max(map(len, text.splitlines())) <= 100


def test_a_metric_of_a_class_or_signal_is_found_by_the_name_that_a_pack_gives_it(capsys):
    for name in ("poses.brick.add_s_m", "motion.tilt_deg.falls", "detection.person.recall"):
        assert printed(capsys, name).startswith(f"{name}  (")


def test_json_holds_the_same_metrics_for_machines(capsys):
    listed = json.loads(printed(capsys, "--format", "json"))
    assert [one["name"] for one in listed] == metric_names()
    assert set(listed[0]) >= {
        "name",
        "unit",
        "direction",
        "low",
        "high",
        "kind",
        "meaning",
        "source",
        "options",
    }
