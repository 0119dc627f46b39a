"""What is written from columns equals the models, byte for byte."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simgate.harness.expansion.block import VariantBlock
from simgate.harness.expansion.expand import expand_blocks, expand_pack
from simgate.harness.expansion.pinned import pin_of
from simgate.harness.expansion.scene_key import SceneKeys
from tests.unit.expansion.packs import pack, place, scenario
from tests.unit.packs.yard import PLUGINS


@pytest.fixture(autouse=True, scope="module")
def _yard_for_hypothesis() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIMGATE_PLUGINS", PLUGINS)
        yield


def canonical(variant: Any) -> str:
    content = {
        "world": "yard", "parameters": variant.parameters, "seed": variant.seed,
        "placed": [item.model_dump() for item in variant.placed],
    }  # fmt: skip
    return json.dumps(content, sort_keys=True, separators=(",", ":"))


GROUPS = {
    "none": {},
    "fixed": {"clutter": place(2, "bin")},
    "varied": {"clutter": place(("integers", 0, 3), {"bin": 1, "box": 1})},
    "sized": {"a": place(2, "crate", length=("uniform", 0.3, 0.6)), "b": place(("integers", 0, 2), {"drum": 1, "bin": 1})},
}  # fmt: skip


@settings(max_examples=20, deadline=None)
@given(
    groups=st.sampled_from(sorted(GROUPS)),
    names=st.lists(st.sampled_from(["crew", "gate.kind", "gate.open", "light.lux", "tilt_deg"]), unique=True),
    seed=st.integers(0, 2**63 - 1),
)
def test_lines_and_digests_equal_those_of_the_models(groups: str, names: list[str], seed: int) -> None:
    values = {
        "crew": ("integers", 0, 9), "gate.kind": {"steel": 1, "glass": 2}, "gate.open": {True: 1, False: 1},
        "light.lux": ("log_uniform", 10, 2000), "tilt_deg": ("uniform", -1e-7, 1e-4),
    }  # fmt: skip
    made = scenario({n: values[n] for n in names}, placed=GROUPS[groups], count=9)
    pins = tuple(pin_of(variant, f"p{variant.index}") for variant in expand_pack(pack(made, seed=seed)))
    made = made.model_copy(update={"pinned": pins})
    for block in expand_blocks(pack(made, seed=seed), made):
        variants = block.variants()
        assert block.json_lines() == [variant.model_dump_json() for variant in variants]
        assert block.digests == [hashlib.sha256(canonical(v).encode()).hexdigest() for v in variants]
        assert block.ids == [variant.id for variant in variants]
        keys = SceneKeys(pack(made, seed=seed))
        assert keys.keys(block) == [keys.key(variant) for variant in variants]
        assert block.scenes((), is_seeded=True) == [digest[:16] for digest in block.digests]
        assert [json.loads(text) for text in block.placed_json()] == [
            [item.model_dump() for item in variant.placed] for variant in variants
        ]


def test_floats_of_every_size_and_words_of_every_alphabet_are_written_alike() -> None:
    floats = [0.0, -0.0, 1e-7, 1e-5, 0.0001, 1 / 3, 123456789.125, 1e15, 1e16, 1e22, 1.7e308, 5e-324, -2.5e-9]
    words = [
        f"50 % {word}" for word in ("Tür", '"quoted"', "back\\slash", "line\nbreak", "\u2028", "\U0001f600")
    ]
    words += ["%s"] * (len(floats) - len(words))
    block = VariantBlock(
        scenario="one", world="yard", names=[f"v{i:04d}" for i in range(len(floats))],
        index=np.arange(len(floats)), objects=(), seeds=np.arange(len(floats), dtype=np.uint64) << np.uint64(58),
        columns={"number": np.array(floats), "share_%": np.broadcast_to(np.array(0.5), len(floats)), "word": np.array(words)},
    )  # fmt: skip
    variants = block.variants()
    assert block.json_lines() == [variant.model_dump_json() for variant in variants]
    assert block.digests == [hashlib.sha256(canonical(v).encode()).hexdigest() for v in variants]


def test_a_scenario_comes_in_blocks_that_together_are_all_of_it() -> None:
    made = scenario({"light.lux": ("uniform", 10, 20)}, count=9000)
    blocks = list(expand_blocks(pack(made), made))
    assert [len(block) for block in blocks] == [4096, 4096, 808]
    assert np.concatenate([block.index for block in blocks]).tolist() == list(range(9000))


def test_a_world_without_any_parameter_has_variants_that_differ_by_their_seed() -> None:
    block = VariantBlock(
        "s", "w", ["v0000", "v0001"], np.arange(2), {}, (), np.array([5, 6], dtype=np.uint64)
    )
    assert [(v.id, v.parameters, v.seed) for v in block.variants()] == [
        ("s::v0000", {}, 5),
        ("s::v0001", {}, 6),
    ]
    assert [v.digest for v in block.variants()] == block.digests
    assert len({*block.digests}) == 2
