from __future__ import annotations

import pytest

from simgate.harness.frontend.user_errors import UserError, as_user_errors
from simgate.harness.gate.comparing.comparability import (
    NotComparable,
    differences,
    judged_notes,
    machine_class,
    pack_digest,
)
from simgate.harness.results.manifest import Fingerprint
from simgate.harness.results.parts import Part, make_part
from tests.unit.gate.pairs import MADE_WITH, run_of


def between(before, now, **changed):
    return differences(before, now, MADE_WITH, MADE_WITH.model_copy(update=changed))


@pytest.fixture
def manifest():
    return run_of("PPP")[0]


def with_pack(manifest, **changes):
    return manifest.model_copy(update={"pack": {**manifest.pack, **changes}})


def test_two_models_on_the_same_pack_may_be_compared(manifest):
    other = with_pack(manifest, model="/elsewhere/model.yaml")
    assert between(manifest, other, model="other 1", model_sha256="f" * 64, git_commit="abc") == []


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("adapter", "isaacsim", "the simulator was mujoco, is isaacsim"),
        ("adapter_version", "5.0", "the simulator's version was 4.0.0, is 5.0"),
        ("renderer", "OSMesa", "the renderer was EGL, is OSMesa"),
        ("batch", 8, "the batch size was 1, is 8"),
        ("machine", "Linux arm64", "the machine was Linux x86_64 CPU, is Linux arm64"),
        ("gpus", ("H200",), "the machine was Linux x86_64 CPU, is Linux x86_64 CPU; H200"),
        ("runtime", "tensorrt", "the perception runtime was onnxruntime, is tensorrt"),
        ("packages", {"simgate": "0.2.0", "onnxruntime": "1.31.1"}, "simgate was 0.1.0, is 0.2.0"),
    ],
)
def test_every_other_difference_is_named(manifest, field, value, words):
    assert between(manifest, manifest, **{field: value}) == [words]


def test_what_differs_in_the_pack_is_named_by_its_path(manifest):
    scenario = {
        **manifest.pack["scenarios"][0],
        "variants": {**manifest.pack["scenarios"][0]["variants"], "count": 4},
    }
    changed = with_pack(manifest, seed=7, scenarios=[scenario])
    assert between(manifest, changed) == [
        "in the pack, scenarios.glass.variants.count was 3, is 4",
        "in the pack, seed was 0, is 7",
    ]


@pytest.mark.parametrize("name", ["gate", "title", "column"])
def test_a_parameter_that_is_called_like_a_word_counts(manifest, name):
    pinned = {"id": "p0", "parameters": {name: 1.0}, "line": 3}
    before, now = (
        with_pack(
            manifest,
            scenarios=[
                {**manifest.pack["scenarios"][0], "pinned": [{**pinned, "parameters": {name: value}}]}
            ],
        )
        for value in (1.0, 2.0)
    )
    assert between(before, now) == [
        f"in the pack, scenarios.glass.pinned.p0.parameters.{name} was 1.0, is 2.0"
    ]


def native_run(manifest, sha256, *parts):
    """A run in a team's own file of that digest, with what the fingerprint says of the file."""
    world = {"world": f"mjcf:site.xml@{sha256[:12]}", "native": {"file": "site.xml", "sha256": sha256}}
    changed = with_pack(manifest, scenarios=[{**manifest.pack["scenarios"][0], **world}])
    return changed, MADE_WITH.model_copy(update={"parts": parts or None})


def of_mesh(sha256):
    return make_part("native world", "mjcf:site.xml", files={"site.xml": "1" * 64, "wall.obj": sha256})


def test_an_edited_mesh_is_said_once_and_by_its_file(manifest):
    before, made = native_run(manifest, "a" * 64, of_mesh("2" * 64))
    now, made_now = native_run(manifest, "b" * 64, of_mesh("3" * 64))
    assert differences(before, now, made, made_now) == ["native world mjcf:site.xml: wall.obj has changed"]


@pytest.mark.parametrize("parts", [(), (of_mesh("2" * 64),)], ids=["no parts", "the same files"])
def test_a_digest_that_no_part_explains_is_a_difference_of_the_pack(manifest, parts):
    before, made = native_run(manifest, "a" * 64, *parts)
    now, made_now = native_run(manifest, "b" * 64, *parts)
    said = differences(before, now, made, made_now)
    assert [text.partition(" was ")[0] for text in said] == [
        "in the pack, scenarios.glass.native.sha256",
        "in the pack, scenarios.glass.world",
    ]


def test_words_the_gate_and_where_the_pack_lies_do_not_count(manifest):
    scenario = {
        **manifest.pack["scenarios"][0],
        "title": "New title",
        "line": 99,
        "hard": ["what the gate asks"],
    }
    other = with_pack(
        manifest,
        description="new",
        owner="me",
        path="/b.yaml",
        source_sha256="9",
        gate=[],
        scenarios=[scenario],
    )
    assert between(manifest, other) == []
    assert pack_digest(manifest.pack) == pack_digest(other.pack)


def test_a_part_that_one_side_does_not_know_yet_is_not_compared(manifest):
    assert between(manifest, manifest, renderer="") == []


def test_the_refusal_names_both_runs_and_every_difference():
    error = NotComparable("a", "b", ["the renderer was EGL, is OSMesa", "seed"])
    assert "b cannot be compared with the baseline a" in str(error)
    assert "\n  - the renderer was EGL, is OSMesa\n  - seed\n" in str(error)


def test_a_refusal_reaches_the_user_in_lines_and_a_line_break_of_others_makes_none():
    with pytest.raises(UserError) as caught, as_user_errors():
        raise NotComparable("a", "b\nGO", ["policy p: x\n::error::.py has changed"])
    assert str(caught.value).splitlines()[1:] == [
        r"  - policy p: x\n::error::.py has changed",
        "run the baseline again under the candidate's conditions",
    ]


def test_a_long_list_of_differences_is_cut_in_the_message_and_whole_in_the_error():
    error = NotComparable("a", "b", [f"difference {k}" for k in range(20)])
    assert "and 8 more" in str(error)
    assert len(error.differences) == 20


def test_a_class_of_machines_is_cpu_and_gpus():
    assert machine_class(MADE_WITH.model_copy(update={"gpus": ("A", "B")})) == "Linux x86_64 CPU; A, B"


def test_the_policy_and_its_options_are_what_is_judged_and_named(manifest):
    other = with_pack(manifest, policy="door_follower", policy_options={"cruise_mps": 0.8})
    assert between(manifest, other, policy="door_follower") == []
    assert pack_digest(manifest.pack) == pack_digest(other.pack)
    (note,) = judged_notes(manifest, other)
    assert note.startswith("both runs are of the same model, but not of the same policy: ")
    assert 'policy was "door_navigator", is "door_follower"' in note
    assert "policy_options.cruise_mps was not there, is 0.8" in note


@pytest.mark.parametrize(
    "condition", [{"latency": {"extra_ms": 150.0}}, {"sim": {"control_hz": 5}}, {"seed": 7}]
)
def test_the_conditions_of_the_measurement_are_not_the_candidates(manifest, condition):
    assert between(manifest, with_pack(manifest, **condition))


HALL = make_part(
    "world", "hall", code={"acme/hall.py": "a" * 64}, releases={"shapely": "2.0", "numpy": "2.4"}
)
POLICY = make_part("policy", "door", code={"acme/door.py": "a" * 64}, distribution="acme", version="1.0")
OURS = make_part(
    "simulator",
    "mujoco",
    code={"simgate/sim_adapters/mujoco/adapter.py": "a" * 64},
    entry="simgate.sim_adapters.mujoco.adapter:MujocoAdapter",
    releases={"scipy": "1.17"},
)


def notes(before: Fingerprint, now: Fingerprint) -> list[str]:
    run = run_of("PPP")[0]
    return list(judged_notes(*(run.model_copy(update={"fingerprint": made}) for made in (before, now))))


def edited(part: Part, **changes: object) -> Part:
    content = {
        "code": part.code,
        "entry": part.entry,
        "distribution": part.distribution,
        "version": part.version,
    }
    return make_part(part.role, part.name, **({**content, "releases": part.releases} | changes))  # type: ignore[arg-type]


def made(*parts: Part, **changes: object) -> Fingerprint:
    return MADE_WITH.model_copy(update={"parts": parts, **changes})


def test_a_measuring_instrument_that_was_edited_is_named_with_its_file(manifest):
    other = edited(HALL, code={"acme/hall.py": "b" * 64})
    assert differences(manifest, manifest, made(HALL, POLICY), made(other, POLICY)) == [
        "world hall: acme/hall.py has changed"
    ]


def test_an_edited_policy_may_be_compared_for_it_is_what_is_judged(manifest):
    other = edited(POLICY, code={"acme/door.py": "b" * 64})
    assert differences(manifest, manifest, made(HALL, POLICY), made(HALL, other)) == []


def of_model(sha256: str) -> Part:
    return make_part("model", "door 2.0", files={"model.yaml": "1" * 64, "door.onnx.data": sha256})


def test_another_model_under_the_same_name_is_said_with_its_files_and_one_of_another_name_is_no_news():
    before = made(of_model("2" * 64), model="door 2.0", model_sha256="a" * 64)
    now = made(of_model("3" * 64), model="door 2.0", model_sha256="b" * 64)
    assert notes(before, now) == [
        "the model is another one under the same name and version: model door 2.0: door.onnx.data has changed"
    ]
    assert notes(before, now.model_copy(update={"model": "door 2.1"})) == []
    first, *_ = notes(*(run.model_copy(update={"parts": None}) for run in (before, now)))
    assert first.endswith("same name and version: sha256 was aaaaaaaaaaaa, is bbbbbbbbbbbb")


def test_libraries_count_for_what_a_team_brings_and_ours_by_the_versions_that_matter(manifest):
    def between_parts(*parts: Part) -> list[str]:
        return differences(manifest, manifest, made(HALL, OURS), made(*parts))

    numpy = edited(HALL, releases={"shapely": "2.0", "numpy": "2.5"})
    assert between_parts(numpy, edited(OURS, releases={"scipy": "1.18"})) == []
    assert between_parts(edited(HALL, releases={"shapely": "2.1", "numpy": "2.4"}), OURS) == [
        "world hall: shapely, which it imports, was 2.0, is 2.1"
    ]
    assert between_parts(edited(HALL, version="9"), OURS) == []


def test_of_a_run_whose_hashes_were_not_kept_nothing_is_claimed(manifest):
    assert differences(manifest, manifest, MADE_WITH, made(HALL, POLICY)) == []
    (note,) = notes(MADE_WITH, made(POLICY))
    assert "the same model; whether the policy is the same is not known" in note
    assert "the baseline kept no hashes" in note
    (note,) = notes(made(POLICY), MADE_WITH.model_copy(update={"model": "other 2", "model_sha256": "2" * 64}))
    assert note.startswith("whether the policy is the same is not known")
    assert "the candidate kept no hashes" in note


def test_only_the_same_model_and_policy_show_churn():
    other = edited(POLICY, code={"acme/door.py": "b" * 64})
    assert list(notes(made(POLICY), made(POLICY))) == [
        "both runs are of the same model and policy: what differs is churn"
    ]
    assert list(notes(made(POLICY), made(other))) == [
        "both runs are of the same model, but not of the same policy: policy door: acme/door.py has changed"
    ]
    assert list(notes(made(POLICY), made(other, model="other 2", model_sha256="2" * 64))) == [
        "not only the model is another one, but the policy too: policy door: acme/door.py has changed"
    ]
    assert list(notes(made(POLICY), made(POLICY, model="other 2", model_sha256="2" * 64))) == []


def test_the_list_of_a_packs_files_is_no_difference_of_its_own(manifest):
    listed = with_pack(manifest, sources={"pack.yaml": "a" * 64})
    assert between(manifest, listed) == []
    assert pack_digest(manifest.pack) == pack_digest(listed.pack)
