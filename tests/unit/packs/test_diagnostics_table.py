"""Every mistake is reported with its code, at the line and column of what is wrong.

In each case ``wrong`` replaces ``right`` in a sound pack; ``@`` marks where the caret must stand.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from simgate.harness.packs.diagnostics.codes import CODES
from simgate.harness.packs.loader import lint
from simgate.harness.scoring import metrics
from simgate.policies.documents.diagnostics import Diagnostic
from tests.unit.packs.sound_pack import SOUND

TODAY = date(2026, 11, 20)

UNIFORM = "{uniform: [3, 8]}"
PIN = next(line for line in SOUND.splitlines() if "id: low-light" in line).strip().removeprefix("- ")
CASES = [
    # keys, at every level
    ("unknown-key", "seed: 7", "@sede: 7"),
    ("unknown-key", "camera_hz", "@kamera_hz"),
    ("unknown-key", "extra_ms", "@extra"),
    ("unknown-key", "    tags: [gate]", "    @tag: [gate]"),
    ("unknown-key", "clearance_m", "@clearance"),
    ("unknown-key", "method: sobol", "@methods: sobol"),
    ("unknown-key", "within_m: 3", "@within: 3"),
    ("unknown-key", "{mean: 0, ", "{mean: 0, @sigma: 2, "),
    ("unknown-key", "issue: A-311,", "issue: A-311, @owner: me,"),
    ("unknown-key", "{id: low-light,", "{id: low-light, @tag: x,"),
    ("unknown-key", "{at_least: 0.98, ", "{at_least: 0.98, @conf: 0.9, "),
    ("unknown-key", "{max_drop: 0.02, ", "{max_drop: 0.02, @x: 1, "),
    ("unknown-key", "{severity: critical, pass_rate", "{@severities: critical, pass_rate"),
    ("unknown-key", "{invalid_or_error: {at_most: 0.02}}", "{invalid_or_error: {at_most: 0.02}, @confidence: 0.9}"),
    ("unknown-key", "{at_most: 0}", "{at_most: 0, @within_m: 3}"),
    ("unknown-key", UNIFORM, "{uniform: [3, 8], @between: [3, 4]}"),
    ("unknown-key", "seed: 7", "@<<: {seed: 7}"),
    ("duplicate-key", "seed: 7", "seed: 7\n@seed: 8"),
    ("duplicate-key", "      crew:", "      @gate.kind: glass\n      crew:"),
    ("duplicate-key", "  gate_open:\n", "  @gate_closed:\n"),
    ("missing-key", "simgate: 1\n", "@"),
    ("missing-key", "  gate_open:\n    title: An open gate\n", "  @gate_open:\n"),
    ("missing-key", "{equals: true}", "{}"),
    ("missing-key", "region: floor\n        ", ""),
    ("missing-key", "{count: 30}", "@{method: random}"),
    ("missing-key", "{mean: 0, std: 1, between: [-3, 3]}", "@{mean: 0, std: 1}"),
    ("missing-key", ", metric: latency.p95_ms, at_most: 50, confidence: 0.95}", "}"),
    # types
    ("wrong-type", "seed: 7", "seed: @seven"),
    ("wrong-type", "seed: 7", "seed: @7.5"),
    ("wrong-type", "title: An open gate", "title: @12"),
    ("wrong-type", "title: An open gate", "title:@"),
    ("wrong-type", "title: An open gate", "title: @{a: b}"),
    ("wrong-type", "tags: [gate]", "tags: @gate"),
    ("wrong-type", "[A-1]", "[@1]"),
    ("wrong-type", "sim: {adapter: mujoco, physics_hz: 200, control_hz: 10, camera_hz: 10, time_limit_s: 20}", "sim: @mujoco"),
    ("wrong-type", "latency: {mode: simulated, extra_ms: 5}", "latency: @[1]"),
    ("wrong-type", UNIFORM, "@[3, 8]"),
    ("wrong-type", UNIFORM, "{uniform: @3}"),
    ("wrong-type", UNIFORM, "{uniform: @[3, 8, 9]}"),
    ("wrong-type", UNIFORM, "{uniform: [3, @far]}"),
    ("wrong-type", UNIFORM, "@{}"),
    ("wrong-type", "{integers: [0, 3]}\n      tilt", "{integers: [0, @2.5]}\n      tilt"),
    ("wrong-type", "{integers: [0, 3]}\n      tilt", "@{uniform: [0, 3]}\n      tilt"),
    ("wrong-type", "{bool: 0.9}", "{bool: @yes}"),
    ("wrong-type", "count: {integers: [0, 3]}", "count: {choice: [1, @two]}"),
    ("wrong-type", "count: {integers: [0, 3]}", "count: {uniform: [@0.5, 3]}"),
    ("wrong-type", "kinds: {choice: {box: 2, bin: 1}}", "kinds: @{uniform: [1, 2]}"),
    ("wrong-type", "{choice: {box: 2, bin: 1}}", "{choice: {box: @heavy, bin: 1}}"),
    ("wrong-type", "- gate.distance_m > 2 * abs(tilt_deg)", "- @true"),
    ("wrong-type", "light.lux: 64,", "light.lux: @[64],"),
    ("wrong-type", "    accept:\n      success: {equals: true}", "    accept: @none"),
    # values
    ("wrong-value", "severity: major", "severity: @mayor"),
    ("wrong-value", "mode: simulated", "mode: @simulate"),
    ("wrong-value", "extra_ms: 5", "extra_ms: @-5"),
    ("wrong-value", "{count: 30}", "{count: @0}"),
    ("wrong-value", "{count: 30}", "{count: @1000000000}"),
    ("wrong-value", "std: 1", "std: @0"),
    ("wrong-value", "[50, 500]", "[@0, 500]"),
    ("wrong-value", "{bool: 0.9}", "{bool: @1.5}"),
    ("wrong-value", "{bool: 0.9}", "{bool: @.nan}"),
    ("wrong-value", "seed: 7", "seed: @99999999999999999999999999999999999"),
    ("wrong-value", "count: {integers: [0, 3]}", "count: {integers: [@-1, 3]}"),
    ("wrong-value", "count: {integers: [0, 3]}", "count: {integers: [0, @5000]}"),
    ("wrong-value", "{at_most: 0}", "{at_most: 0, @at_least: 0}"),
    ("wrong-value", "if_undefined: invalid", "if_undefined: @ignore"),
    ("wrong-value", "      success: {equals: true}", "      @{}"),
    ("wrong-value", "until: 2099-03-01", "until: @soon"),
    ("wrong-value", "confidence: 0.95}}\n  - {scenario", "confidence: @1}}\n  - {scenario"),
    ("wrong-value", "confidence: 0.95}}\n  - {scenario", "confidence: @0.05}}\n  - {scenario"),
    ("wrong-value", "gate:\n", "gate:\n  - {drift: {at_most: @1}}\n"),
    ("wrong-value", "{regression: {max_drop: 0.02, confidence: 0.95}}", "@{regression: {max_drop: 0.02}, metric: collisions}"),
    ("bad-name", "pack: yard_gates", "pack: @yard/gates"),
    ("bad-name", "pack: yard_gates", f"pack: @{'y' * 101}"),
    ("bad-name", "  gate_open:\n", '  @"gate::open":\n'),
    ("bad-name", "id: low-light", "id: @low light"),
    ("empty-range", UNIFORM, "{uniform: @[8, 3]}"),
    ("empty-range", "between: [-3, 3]}", "between: @[3, -3]}"),
    ("empty-range", "{mean: 0, std: 1, between: [-3, 3]}", "{mean: 90, std: 1, between: @[-3, 3]}"),
    ("empty-range", "[steel, glass]", "@[]"),
    ("empty-range", "{between: [0.3, 1.5], ", "{between: @[1.5, 0.3], "),
    ("rates", "time_limit_s: 20", "time_limit_s: @0.09"),
    ("rates", "control_hz: 10", "control_hz: @30"),
    ("rates", "camera_hz: 10", "camera_hz: @60"),
    ("rates", "camera_hz: 10", "camera_hz: @30"),
    ("rates", "camera_hz: 10", "camera_hz: @7"),
    ("unknown-report", "{equals: glass}", "{equals: @glas}"),
    ("unknown-option", "seed: 7", "seed: 7\npolicy_options: {@cruise: 1}"),
    ("gate-metric", "{regression: {max_drop: 0.02, confidence: 0.95}}", "{metric: @collisions, at_most: 0}"),
    ("gate-metric", "{regression: {max_drop: 0.02, confidence: 0.95}}", "{metric: @latency.max_ms, at_most: 0}"),
    ("gate-metric", "metric: latency.p95_ms, at_most: 50", "metric: @latency.measured_p95_over_declared, at_least: 1"),
    ("threshold-range", "metric: latency.p95_ms, at_most: 50", "metric: latency.measured_p95_over_declared, at_most: @0"),
    ("unknown-metric", "metric: latency.p95_ms", "metric: @latency.p95_over_declared"),
    ("unknown-metric", "metric: speed_max_mps", "metric: @latency.measured_p95_over_declared"),
    ("unknown-metric", "metric: speed_max_mps", "metric: @speed_max"),
    ("missing-key", "metric: speed_max_mps, every_variant: {at_most: 2}", "every_variant: @{at_most: 2}"),
    ("missing-key", "metric: speed_max_mps, every_variant: {at_most: 2}", "metric: @speed_max_mps, every_variant: {}"),
    ("wrong-type", "metric: speed_max_mps, every_variant: {at_most: 2}", "metric: speed_max_mps, every_variant: @2"),
    ("unknown-key", "every_variant: {at_most: 2}", "every_variant: {at_most: 2, @confidence: 0.95}"),
    ("unknown-key", "every_variant: {at_most: 2}", 'every_variant: {@stl: "always (speed_mps < 2)"}'),
    ("unknown-key", "every_variant: {at_most: 2}", "every_variant: {at_most: 2, @within_m: 3}"),
    ("unknown-key", "every_variant: {at_most: 2}", "every_variant: {at_most: 2}, @at_most: 2"),
    ("wrong-value", "every_variant: {at_most: 2}", "every_variant: {at_most: 2, @at_least: 1}"),
    ("threshold-type", "every_variant: {at_most: 2}", "every_variant: {at_most: @fast}"),
    ("threshold-range", "every_variant: {at_most: 2}", "every_variant: {at_most: @-2}"),
    ("wrong-type", "{attempts: {at_most: 3}}", "{attempts: {at_most: @1.5}}"),
    ("wrong-value", "{attempts: {at_most: 3}}", "{attempts: {at_most: @0}}"),
    ("missing-key", "{attempts: {at_most: 3}}", "{attempts: @{}}"),
    ("wrong-value", "{attempts: {at_most: 3}}", "@{attempts: {at_most: 3}, invalid_or_error: {at_most: 0.1}}"),
    ("gate-metric", "{regression: {max_drop: 0.02, confidence: 0.95}}", "{metric: @latency.p95_ms, at_least: 5}"),
    ("unsupported-version", "simgate: 1", "simgate: @2"),
    ("duplicate-id", f"- {PIN}", f"- {PIN}\n      - {PIN.replace('low-light', '@low-light')}"),
    # pinned variants
    ("pin-incomplete", "{id: low-light, parameters: {light.lux: 64, ", "{id: @low-light, parameters: {"),
    ("pin-incomplete", PIN, PIN.replace(", placed: []", "").replace("low-light", "@low-light")),
    ("wrong-value", "placed: []}", "placed: [], seed: @-1}"),
    ("wrong-type", "placed: []}", "placed: [], seed: @0.5}"),
    ("wrong-type", "placed: []", "placed: @none"),
    ("missing-key", "placed: []", "placed: [@{group: a, kind: box, x_m: 1, y_m: 1}]"),
    ("wrong-type", "placed: []", "placed: [{group: a, kind: box, x_m: @here, y_m: 1, yaw_rad: 0}]"),
    ("unknown-key", "placed: []", "placed: [{group: a, kind: box, x_m: 1, y_m: 1, yaw_rad: 0, @yaw_deg: 9}]"),
    ("unknown-kind", "placed: []", "placed: [{group: a, kind: @chair, x_m: 1, y_m: 1, yaw_rad: 0}]"),
    ("missing-key", "placed: []", "placed: [{group: a, kind: crate, x_m: 1, y_m: 1, yaw_rad: 0, length_m: @1}]"),
    ("parameter-range", "placed: []", "placed: [{group: a, kind: crate, x_m: 1, y_m: 1, yaw_rad: 0, length_m: @9, width_m: 1}]"),
    ("expired-known-failure", "until: 2099-03-01", "until: @2026-11-19"),
    # rules, sweeps and field data
    ("unknown-distribution", "count: {integers: [0, 3]}", "count: {@expr: '2 * crew'}"),
    ("unknown-distribution", "count: {integers: [0, 3]}", "count: {@grid: [1, 2]}"),
    ("unknown-distribution", UNIFORM, "{when: [{if: crew > 1, then: {@grid: [3, 4]}}, {else: 5}]}"),
    ("wrong-type", UNIFORM, "{triangular: @[3, 8]}"),
    ("empty-range", UNIFORM, "{triangular: @[3, 9, 8]}"),
    ("wrong-value", UNIFORM, "{log_normal: {median: @0, sigma: 1, between: [3, 8]}}"),
    ("empty-range", UNIFORM, "{log_normal: {median: 900, sigma: 0.1, between: @[3, 8]}}"),
    ("missing-key", UNIFORM, "{log_normal: @{median: 5, between: [3, 8]}}"),
    ("empty-range", UNIFORM, "{grid: @[]}"),
    ("wrong-value", UNIFORM, "{grid: [3, 4, @3]}"),
    ("wrong-value", "choice: [steel, glass]", "choice: [steel, glass, @steel]"),
    ("empty-range", UNIFORM, "{grid: @{from: 8, to: 3, step: 1}}"),
    ("wrong-value", UNIFORM, "{grid: {from: 3, to: 8, step: @0}}"),
    ("wrong-value", UNIFORM, "{grid: {from: 3, to: 8, step: @0.000001}}"),
    ("missing-key", UNIFORM, "{grid: @{from: 3, to: 8}}"),
    ("parameter-range", UNIFORM, "{grid: {from: 3, to: @30, step: 3}}"),
    ("parameter-range", "{integers: [0, 3]}\n      tilt", "{grid: {from: 0, to: 3, step: @0.5}}\n      tilt"),
    ("expression", UNIFORM, "{expr: @side_mm + 1}"),
    ("expression", UNIFORM, "{expr: @gate.kind}"),
    ("expression", UNIFORM, "{expr: side_m @+}"),
    ("wrong-type", UNIFORM, "{expr: @5}"),
    ("cyclic-expr", UNIFORM, "{expr: @gate.distance_m + 1}"),
    ("cyclic-expr", "crew: {integers: [0, 3]}\n      tilt_deg: {normal: {mean: 0, std: 1, between: [-3, 3]}}", "crew: {expr: @'tilt_deg'}\n      tilt_deg: {when: [{if: crew > 1, then: 1}, {else: 0}]}"),
    ("expression", UNIFORM, "{when: [{if: @crew, then: 4}, {else: 5}]}"),
    ("missing-key", UNIFORM, "{when: [@{if: crew > 1, then: 4}]}"),
    ("missing-key", UNIFORM, "{when: [@{if: crew > 1}, {else: 5}]}"),
    ("missing-key", UNIFORM, "{when: [@{if: crew > 1, else: 4}, {else: 5}]}"),
    ("wrong-value", UNIFORM, "{when: [@{else: 4}, {else: 5}]}"),
    ("wrong-type", UNIFORM, "{when: @5}"),
    ("empty-range", UNIFORM, "{when: @[]}"),
    ("unknown-key", UNIFORM, "{when: [{if: crew > 1, then: 4}, {@esle: 5}]}"),
    ("parameter-range", UNIFORM, "{when: [{if: crew > 1, then: @40}, {else: 5}]}"),
    ("parameter-range", UNIFORM, "{when: [{if: crew > 1, then: 4}, {else: {uniform: [3, @80]}}]}"),
    ("wrong-type", "{integers: [0, 3]}\n      tilt", "{when: [{if: gate.open, then: @{uniform: [1, 2]}}, {else: 1}]}\n      tilt"),
    ("missing-file", UNIFORM, "{from_file: {csv: @nowhere.csv, column: a}}"),
    ("missing-key", UNIFORM, "{from_file: @{csv: nowhere.csv}}"),
    ("missing-column", UNIFORM, "{from_file: {csv: field.csv, column: @distanse}}"),
    ("parameter-range", UNIFORM, "{from_file: {csv: field.csv, column: far}}"),
    ("empty-cell", UNIFORM, "{from_file: {csv: field.csv, column: gap}}"),
    ("bad-csv", UNIFORM, "{from_file: {csv: ragged.csv, column: distance}}"),
    # methods
    ("unknown-method", "method: sobol", "method: {@sobol: {}}"),
    ("unknown-method", "method: sobol", "method: {@twice: {t: 3}}"),
    ("wrong-type", "method: sobol", "method: @twise"),
    ("wrong-value", "method: sobol", "method: {twise: {t: @1}}"),
    ("missing-key", "method: sobol", "method: {twise: @{}}"),
    # sizes and turns of objects
    ("fixed-size", "region: floor", "region: floor\n        length_m: @0.4"),
    ("wrong-value", "{choice: {box: 2, bin: 1}}", "drum\n        length_m: @0.4"),
    ("wrong-value", "{choice: {box: 2, bin: 1}}", "crate\n        diameter_m: @0.4"),
    ("parameter-range", "{choice: {box: 2, bin: 1}}", "crate\n        length_m: {uniform: [0.4, @9]}"),
    ("wrong-type", "{choice: {box: 2, bin: 1}}", "crate\n        width_m: @wide"),
    ("wrong-value", "region: floor", "region: floor\n        yaw_deg: {uniform: [0, @720]}"),
    # names of what is installed
    ("unknown-distribution", UNIFORM, "{@unifrom: [3, 8]}"),
    ("unknown-method", "method: sobol", "method: @soboll"),
    ("unknown-adapter", "adapter: mujoco", "adapter: @mujoko"),
    ("unknown-policy", "policy: door_navigator", "policy: @navigator"),
    ("unknown-world", "world: yard\n    parameters:\n      gate.kind: {", "world: @yart\n    parameters:\n      gate.kind: {"),
    ("broken-plugin", "world: yard\n    parameters:\n      gate.kind: {", "world: @broken\n    parameters:\n      gate.kind: {"),
    ("unknown-metric", "      success:", "      @sucess:"),
    ("unknown-metric", "metric: latency.p95_ms", "metric: @latency.p95_s"),
    # the world
    ("unknown-parameter", "      crew:", "      @crews:"),
    ("unknown-parameter", "  light.lux: {", "  @light.luks: {"),
    ("unknown-parameter", "light.lux: 64,", "light.lux: 64, @light.lumen: 64,"),
    ("parameter-range", UNIFORM, "{uniform: [@0.5, 8]}"),
    ("parameter-range", UNIFORM, "{uniform: [3, @80]}"),
    ("parameter-range", "[50, 500]", "[50, @5000]"),
    ("parameter-range", "between: [-3, 3]}", "between: [@-30, 3]}"),
    ("parameter-range", "between: [6, 12]}", "between: [6, @60]}"),
    ("parameter-range", "{integers: [0, 3]}\n      tilt", "{integers: [0, @10]}\n      tilt"),
    ("parameter-range", "gate.kind: steel", "gate.kind: @steal"),
    ("parameter-range", "gate.kind: steel", "gate.kind: @no"),
    ("parameter-range", "[steel, glass]", "[steel, @wood]"),
    ("parameter-range", "{bool: 0.9}", "@on"),
    ("parameter-range", "light.lux: 64,", "light.lux: @1,"),
    ("unknown-region", "region: floor", "region: @flor"),
    ("unknown-keep-clear", "keep_clear: [start]", "keep_clear: [start, @goal]"),
    ("unknown-kind", "{box: 2, bin: 1}", "{box: 2, @chair: 1}"),
    # thresholds
    ("threshold-type", "{at_most: 0}", "{at_most: @none}"),
    ("threshold-type", "{equals: true}", "{equals: @1}"),
    ("threshold-type", "{equals: glass}", "{equals: @3}"),
    ("threshold-type", "{equals: glass}", "{at_most: @3}"),
    ("threshold-range", "{at_least: 0.9,", "{at_least: @90,"),
    ("threshold-range", "{at_most: 0}", "{at_most: @-1}"),
    # conditions
    ("expression", "gate.distance_m > 2 *", "@gate.distanc_m > 2 *"),
    ("expression", "2 * abs(tilt_deg)", "2 * @abbs(tilt_deg)"),
    ("expression", "2 * abs(tilt_deg)", "2 * abs(@gate.kind)"),
    ("expression", "2 * abs(tilt_deg)", "2 * tilt_deg @)"),
    ("expression", "gate.distance_m > 2 * abs(tilt_deg)", "@gate.distance_m + 2"),
    ("expression", "gate.distance_m > 2 * abs(tilt_deg)", "gate.kind == @'steal'"),
    ("expression", "gate.distance_m > 2 * abs(tilt_deg)", "gate.kind == @3"),
    ("expression", "gate.distance_m > 2 * abs(tilt_deg)", "'gate.kind @= 3'"),
    ("expression", "gate.distance_m > 2 * abs(tilt_deg)", "@gate.distance_m.__class__ > 1"),
    ("expression", "gate.distance_m > 2 * abs(tilt_deg)", ">\n        gate.distance_m > 2\n        and @tilt > 3"),
    ("expression", "when: light.lux < 70", "when: light.lux < @gate.open"),
    # gate
    ("gate-impossible", "{at_least: 0.98, confidence: 0.95}", "{at_least: @0.99, confidence: 0.95}"),
    ("gate-impossible", "{at_least: 0.98, confidence: 0.95}", "{at_least: @1.0, confidence: 0.95}"),
    ("gate-matches-nothing", "{severity: critical, pass", "{severity: @minor, pass"),
    ("gate-matches-nothing", 'scenario: "gate_*"', 'scenario: @"door_*"'),
    # files and YAML
    ("missing-file", "seed: 7", "seed: 7\nmodel: @nowhere/model.yaml"),
    ("missing-file", "seed: 7", "seed: 7\nextends: @nowhere.yaml"),
    ("cyclic-extends", "seed: 7", "seed: 7\nextends: @pack.yaml"),
    ("yaml-tag", "seed: 7", "seed: @!!python/object:os.system 7"),
    ("yaml-tag", "tags: [gate]", "tags: @!!seq [gate]"),
    ("yaml-tag", "seed: 7", "seed: &s @!!int 7"),
    ("yaml-syntax", "seed: 7", "seed: 7\n@\tpolicy: x"),
    ("yaml-syntax", "title: A closed gate", "title: A closed@: gate"),
    ("yaml-syntax", "title: A closed gate", "title: @*closed gate"),
    ("alias-bomb", "[A-1]", "&a [@*a]"),
    ("bad-character", "title: A closed gate", "title: A @\x00closed gate"),
    ("bad-character", "title: A closed gate", "title: A @\x1bclosed gate"),
]  # fmt: skip


def problems_of(tmp_path: Path, text: str) -> list[Diagnostic]:
    path = tmp_path / "pack.yaml"
    path.write_text(text, encoding="utf-8", newline="")
    (tmp_path / "field.csv").write_text("distance,far,gap\n3,40,1\n5.5,50,\n", encoding="utf-8")
    (tmp_path / "ragged.csv").write_text("distance,far\n3,4\n5\n", encoding="utf-8")
    return lint([path], metrics, TODAY)


def marked(text: str) -> tuple[str, int, int]:
    """The text without its mark, and the mark's line and column."""
    at = text.index("@")
    before = text[:at].split("\n")
    return text[:at] + text[at + 1 :], len(before), len(before[-1]) + 1


def test_the_sound_pack_has_no_problem(tmp_path: Path) -> None:
    assert problems_of(tmp_path, SOUND) == []


@pytest.mark.parametrize(("code", "right", "wrong"), CASES)
def test_a_mistake_is_reported_at_its_line_and_column(
    tmp_path: Path, code: str, right: str, wrong: str
) -> None:
    assert SOUND.count(right) >= 1
    text = SOUND.replace(right, wrong, 1)
    if "@" in wrong:
        text, line, column = marked(text)
        found = problems_of(tmp_path, text)
        assert (code, line, column) in [(d.code, d.line, d.column) for d in found], found
    else:
        found = problems_of(tmp_path, text)
        assert code in [d.code for d in found], found
    assert all(d.path.endswith(("pack.yaml", ".csv")) and d.length >= 1 for d in found)
    assert all(d.severity == "error" for d in found)


@pytest.mark.parametrize(("code", "right", "wrong"), CASES)
def test_a_mistake_causes_no_second_report(tmp_path: Path, code: str, right: str, wrong: str) -> None:
    found = problems_of(tmp_path, SOUND.replace(right, wrong.replace("@", ""), 1))
    allowed = (
        {code, "missing-key", "unknown-parameter"} if code in ("unknown-key", "duplicate-key") else {code}
    )
    assert {d.code for d in found} <= allowed, found


def test_every_code_of_the_language_has_a_case() -> None:
    elsewhere = {
        "model-package", "missing-model", "missing-artifact", "model-hash", "not-fetched", "external-data", "outside-package",
        "model-package-key", "model-package-value", "model-io", "model-unreadable",
        "model-channel",  # test_models_by_channel
        "not-utf8", "too-large", "too-deep", "no-variants",
        "unknown-task",  # test_coded
        "native-file", "unknown-element", "unknown-target", "world-adapter",  # test_native_worlds
        "low-wall", "high-robot",  # test_low_walls
        "unknown-class",  # test_vocabulary
        "duplicate-pack",  # test_pack_names
        "no-scene", "undefined-metric", "time-limit",  # test_scene_checks
        "one-scene",  # test_scene_counts
        "metric-needs", "unbounded-action",  # test_own_joints
        "policy-io", "policy-package", "policy-robot", "policy-value",  # tests/integration/test_learned_policies.py
    }  # fmt: skip
    assert {code for code, _, _ in CASES} | elsewhere == set(CODES)
