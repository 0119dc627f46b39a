"""A pack without a problem; tests change one thing in it."""

from __future__ import annotations

SOUND = """\
simgate: 1
pack: yard_gates
description: Gates of a yard.
policy: door_navigator
sim: {adapter: mujoco, physics_hz: 200, control_hz: 10, camera_hz: 10, time_limit_s: 20}
latency: {mode: simulated, extra_ms: 5}
seed: 7

parameters:
  light.lux: {log_uniform: [50, 500]}

scenarios:
  gate_closed:
    title: A closed gate
    severity: critical
    requirements: [A-1]
    tags: [gate]
    world: yard
    parameters:
      gate.kind: steel
      gate.distance_m: {uniform: [3, 8]}
      crew: {integers: [0, 3]}
      tilt_deg: {normal: {mean: 0, std: 1, between: [-3, 3]}}
      side_m: {beta: {alpha: 2, beta: 5, between: [6, 12]}}
    place:
      clutter:
        count: {integers: [0, 3]}
        kinds: {choice: {box: 2, bin: 1}}
        region: floor
        clearance_m: 0.2
        keep_clear: [start]
    where:
      - gate.distance_m > 2 * abs(tilt_deg)
    variants: {count: 200, method: sobol}
    accept:
      collisions: {at_most: 0}
      stop_distance_m: {between: [0.3, 1.5], if_undefined: invalid}
      reported_door: {equals: glass}
      detection.glass_door.recall: {at_least: 0.9, within_m: 3}
    known_failures:
      - {when: light.lux < 70, issue: A-311, until: 2099-03-01}
    pinned:
      - {id: low-light, parameters: {light.lux: 64, gate.distance_m: 5, crew: 1, tilt_deg: 0, side_m: 8}, placed: []}
  gate_open:
    title: An open gate
    severity: major
    world: yard
    parameters:
      gate.kind: {choice: [steel, glass]}
      gate.open: {bool: 0.9}
    variants: {count: 30}
    accept:
      success: {equals: true}

gate:
  - {severity: critical, pass_rate: {at_least: 0.98, confidence: 0.95}}
  - {scenario: "gate_*", metric: latency.p95_ms, at_most: 50, confidence: 0.95}
  - {regression: {max_drop: 0.02, confidence: 0.95}}
  - {invalid_or_error: {at_most: 0.02}}
  - {severity: critical, metric: speed_max_mps, every_variant: {at_most: 2}}
  - {attempts: {at_most: 3}}
"""
