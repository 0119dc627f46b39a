from simgate.policies.reference_model.measurement import Measurement, Row
from simgate.policies.reference_model.model_card import shortfalls


def measurement(ap50=0.95, found=99, alarms=1) -> Measurement:
    doors = ("glass_door", "wooden_door")
    return Measurement(
        frames=2000,
        ap50=dict.fromkeys((*doors, "person"), ap50),
        recall={door: [Row("all", found, 100)] for door in doors},
        ajar_recall={door: Row("ajar", 9, 10) for door in doors},
        alarms={door: [Row("all", alarms, 100)] for door in doors},
    )


def test_a_detector_that_meets_all_requirements_falls_short_of_nothing():
    assert shortfalls(measurement()) == []


def test_each_requirement_that_is_missed_is_named():
    assert len(shortfalls(measurement(ap50=0.89))) == 2
    assert len(shortfalls(measurement(found=97))) == 2
    assert len(shortfalls(measurement(alarms=2))) == 1


def test_what_could_not_be_measured_is_not_met():
    nothing = measurement(ap50=float("nan"))
    assert len(shortfalls(nothing)) == 2
