"""The model card: what the detector is, and its measured numbers."""

from __future__ import annotations

from collections.abc import Iterable

from simgate.policies.perception.package import ModelPackage
from simgate.policies.reference_model.measurement import Measurement, Row
from simgate.policies.reference_model.requirements import ALLOWED_ALARMS, REQUIRED_AP50, REQUIRED_RECALL
from simgate.policies.reference_model.sampling import OPERATING_DOMAIN, Domain


def shortfalls(measurement: Measurement) -> list[str]:
    """What the detector must reach and does not, in words."""
    found = []
    for label in ("glass_door", "wooden_door"):
        ap50, recall = measurement.ap50[label], measurement.recall[label][0].share
        if not ap50 >= REQUIRED_AP50:
            found.append(f"AP50 of {label} within 4 m is {ap50:.3f}, must be at least {REQUIRED_AP50}")
        if not recall >= REQUIRED_RECALL:
            found.append(
                f"recall of shut {label} within 3 m is {recall:.3f}, must be at least {REQUIRED_RECALL}"
            )
    alarms = measurement.alarms["glass_door"][0].share
    if not alarms <= ALLOWED_ALARMS:
        found.append(f"glass alarms in an open doorway are {alarms:.2%}, may be at most {ALLOWED_ALARMS:.0%}")
    return found


def card_text(package: ModelPackage, measurement: Measurement, seed: int) -> str:
    """The card as Markdown."""
    thresholds = ", ".join(
        f"{name} {score:.2f}" for name, score in zip(package.classes, package.score_thresholds, strict=True)
    )
    lineage = "\n".join(f"| {key} | {value} |" for key, value in package.spec.lineage.items())
    missing = shortfalls(measurement)
    verdict = "All of them are met." if not missing else "Not met: " + "; ".join(missing) + "."
    parts = [
        f"# Model card: {package.name} {package.version}",
        "Finds glass doors, wooden doors and people in 160x120 frames of the `office_corridor` world. It "
        "exists so that the release gate has a real model to judge; it has seen simulated frames only and "
        "must not drive a real robot.",
        "## Measured",
        f"{measurement.frames} held-out frames, seed {seed}, rendered for this measurement and used for "
        "nothing else; `python -m simgate.policies.reference_model.evaluate` makes them again. "
        + _domain_text(OPERATING_DOMAIN),
        f"Score thresholds (chosen on other frames): {thresholds}. A detection is right at IoU 0.5.",
        f"Required: AP50 >= {REQUIRED_AP50} within 4 m for each door, recall of shut doors within 3 m >= "
        f"{REQUIRED_RECALL}, glass alarms in an open doorway <= {ALLOWED_ALARMS:.0%} of frames. {verdict}",
        "| class | AP50 within 4 m |\n|---|---|\n"
        + "\n".join(f"| {label} | {value:.3f} |" for label, value in measurement.ap50.items()),
        "### Recall within 3 m",
    ]
    for label, rows in measurement.recall.items():
        parts.append(_table(f"{label}, shut", "found", [*rows, measurement.ajar_recall[label]]))
    parts.append("### Alarms in an open doorway")
    for label, rows in measurement.alarms.items():
        parts.append(_table(f"{label} seen where none is", "frames", rows))
    parts += [
        "## Made from",
        "| | |\n|---|---|\n" + lineage,
        "## Limits",
        "\n".join(f"- {key}: {value}" for key, value in package.spec.limits.items()),
    ]
    return "\n\n".join(parts) + "\n"


def _domain_text(domain: Domain) -> str:
    poses = domain.poses
    near, far = poses.distance_m
    return (
        f"A robot on its way to the door: {near:g} to {far:g} m, heading within {poses.yaw_max_deg:g} deg, "
        f"{domain.lux[0]:g} to {domain.lux[1]:g} lux, glass opacity {domain.tint[0]:g} to {domain.tint[1]:g} "
        f"(lux times opacity at least {domain.lux_tint:g}), noise up to {domain.noise_std:g}, blur up to "
        f"{domain.blur_px:g} px, exposure {domain.exposure_ev[0]:+g} to {domain.exposure_ev[1]:+g} EV, pitch "
        f"up to {domain.pitch_deg:g} deg either way."
    )


def _table(title: str, unit: str, rows: Iterable[Row]) -> str:
    lines = [f"| {title} | share | {unit} |", "|---|---|---|"]
    lines += [f"| {row.name} | {row.share:.1%} | {row.hits} of {row.total} |" for row in rows if row.total]
    return "\n".join(lines)
