from __future__ import annotations

import pytest

from simgate.harness.execution.cluster.options import ClusterOptions, fits, worker_resources


def test_resources_are_read_as_ray_names_them() -> None:
    assert worker_resources("gpu=0.5, isaac=1,CPU=2") == {"GPU": 0.5, "isaac": 1.0, "CPU": 2.0}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("gpu", "'gpu' is not NAME=AMOUNT"),
        ("gpu=nan", "'gpu=nan' is not NAME=AMOUNT"),
        ("gpu=-1", "amount above 0"),
        ("gpu=inf", "amount above 0"),
        ("=1", "is not NAME=AMOUNT"),
        ("gpu=1.5", "parts of one, or whole ones"),
        ("gpu=1,GPU=1", "GPU is named twice"),
        (",", "names nothing"),
    ],
)
def test_what_is_no_list_of_resources_is_told_why(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        worker_resources(text)


def test_a_worker_takes_one_cpu_where_nothing_else_is_said() -> None:
    assert ClusterOptions(resources={"GPU": 0.5}).needs == {"CPU": 1.0, "GPU": 0.5}
    assert ClusterOptions(resources={"CPU": 0.25}).needs == {"CPU": 0.25}


def test_a_node_has_room_for_as_many_workers_as_its_scarcest_resource_allows() -> None:
    assert fits({"CPU": 8.0, "GPU": 2.0}, {"CPU": 1.0, "GPU": 0.5}) == 4
    assert fits({"CPU": 0.3}, {"CPU": 0.1}) == 3
    assert fits({"CPU": 8.0}, {"CPU": 1.0, "isaac": 1.0}) == 0
