"""Some variants of one scenario as columns, and the ways out of it: models, JSON lines, digests.

Rows are written from columns because a model for each row would cost more than drawing it. What is written
equals ``Variant.model_dump_json()`` byte for byte; a test holds it to that.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from pydantic_core import to_json

from simgate.harness.expansion.evaluate import Columns, Values
from simgate.harness.expansion.placing.placement import Objects
from simgate.harness.expansion.variant import Variant

Tokens = list[str]
_FIELDS = set(Variant.model_fields)
TokensOf = Callable[[Values], Tokens]


@dataclass(frozen=True)
class VariantBlock:
    """Variants of one scenario, row by row.

    Attributes:
        scenario: Id of the scenario.
        world: Name of the world.
        names: Last part of each variant's id.
        index: Index of each variant, (n,).
        columns: Every parameter of the world by name in order, each (n,).
        objects: Placed objects, in blocks that together have n rows; empty when none are placed.
        seeds: Seed of each episode, (n,).
    """

    scenario: str
    world: str
    names: Sequence[str]
    index: NDArray[np.int64]
    columns: Columns
    objects: Sequence[Objects]
    seeds: NDArray[np.uint64]

    def __len__(self) -> int:
        return len(self.index)

    @property
    def ids(self) -> list[str]:
        """Id of each variant."""
        return [f"{self.scenario}::{name}" for name in self.names]

    def variants(self) -> list[Variant]:
        """The variants as models."""
        rows = list(zip(*map(_values, self.columns.values()), strict=True)) or [()] * len(self)
        placed = [row for block in self.objects for row in block.rows()] or [()] * len(self)
        # Made of what is known to be right; to check it again would take longer than all else.
        return [
            Variant.model_construct(
                _FIELDS,
                id=name,
                scenario=self.scenario,
                index=index,
                parameters=dict(zip(self.columns, row, strict=True)),
                placed=objects,
                seed=seed,
                digest=digest,
            )
            for name, index, row, objects, seed, digest in zip(
                self.ids, self.index.tolist(), rows, placed, self.seeds.tolist(), self.digests, strict=True
            )
        ]

    @cached_property
    def digests(self) -> list[str]:
        """SHA-256 of each variant over canonical JSON: sorted keys, no spaces, shortest exact floats."""
        return [hashlib.sha256(text.encode()).hexdigest() for text in self._canonical()]

    def scenes(self, appearance: Collection[str], is_seeded: bool) -> list[str]:
        """Of each variant what :class:`simgate.harness.expansion.scene_key.SceneKeys` names it.

        Args:
            appearance: Parameters that make no other scene.
            is_seeded: Whether another seed makes another scene.
        """
        texts = self._canonical(appearance, is_seeded)
        return [hashlib.sha256(text.encode()).hexdigest()[:16] for text in texts]

    def _canonical(self, left_out: Collection[str] = (), with_seed: bool = True) -> Iterator[str]:
        parameters = self._rows(_exact, left_out)
        placed = self._placed(_exact, ("group", "kind", "length_m", "width_m", "x", "y", "yaw"))
        seeds = [f',"seed":{seed}' for seed in self.seeds.tolist()] if with_seed else [""] * len(self)
        tail = f',"world":{json.dumps(self.world)}}}'
        for own, objects, seed in zip(parameters, placed, seeds, strict=True):
            yield f'{{"parameters":{{{own}}},"placed":[{objects}]{seed}{tail}'

    def json_lines(self) -> list[str]:
        """Each variant as one line of JSON, without line end."""
        scenario = to_json(self.scenario).decode()
        head = f"{scenario[:-1]}::"
        parameters = self._rows(_short)
        placed = self._placed(_short, ("group", "kind", "x", "y", "yaw", "length_m", "width_m"))
        rows = zip(
            self.names,
            self.index.tolist(),
            parameters,
            placed,
            self.seeds.tolist(),
            self.digests,
            strict=True,
        )
        return [
            f'{{"id":{head}{name}","scenario":{scenario},"index":{index},"parameters":{{{own}}},'
            f'"placed":[{objects}],"seed":{seed},"digest":"{digest}"}}'
            for name, index, own, objects, seed, digest in rows
        ]

    def placed_json(self) -> list[str]:
        """The objects of each variant as a JSON list."""
        fields = ("group", "kind", "x", "y", "yaw", "length_m", "width_m")
        return [f"[{objects}]" for objects in self._placed(_short, fields)]

    def _rows(self, tokens: TokensOf, left_out: Collection[str] = ()) -> Tokens:
        """The parameters of each variant, without braces; what never varies is written once."""
        template, varying = [], []
        for name, column in self.columns.items():
            if name in left_out:
                continue
            key = tokens(np.array([name]))[0]
            if column.strides == (0,) and len(column):
                template.append(f"{key}:{tokens(column[:1])[0]}".replace("%", "%%"))
            else:
                template.append(f"{key}:".replace("%", "%%") + "%s")
                varying.append(tokens(column))
        text = ",".join(template)
        if not varying:
            return [text.replace("%%", "%")] * len(self)
        return [text % row for row in zip(*varying, strict=True)]

    def _placed(self, tokens: TokensOf, fields: Sequence[str]) -> Tokens:
        """The objects of each variant, without brackets."""
        if not self.objects:
            return [""] * len(self)
        return [row for block in self.objects for row in _object_rows(block, tokens, fields)]


def _values(column: Values) -> list[object]:
    """As Python has them; what never varies is one object."""
    if column.strides == (0,) and len(column):
        return [column[0].item()] * len(column)
    values: list[object] = column.tolist()
    return values


def _object_rows(block: Objects, tokens: TokensOf, fields: Sequence[str]) -> Tokens:
    row, slot = np.nonzero(block.active)
    names, kinds = (tokens(np.array(words)) for words in (block.group, block.kinds))
    size = block.size[row, slot]
    chosen = ~np.isnan(size[:, 0])
    pose = block.pose[row, slot]
    columns = {
        "group": [names[i] for i in slot.tolist()],
        "kind": [kinds[i] for i in block.kind[row, slot].tolist()],
        **{name: tokens(pose[:, i]) for i, name in enumerate(("x", "y", "yaw"))},
    }
    for i, name in enumerate(("length_m", "width_m")):
        columns[name] = tokens(np.where(chosen, size[:, i], 0.0))
    sized = "{" + ",".join(f'"{name}":%s' for name in fields) + "}"
    whole = [sized % values for values in zip(*(columns[name] for name in fields), strict=True)]
    if not chosen.all():
        short = [name for name in fields if name not in ("length_m", "width_m")]
        plain = "{" + ",".join(f'"{name}":%s' for name in short) + "}"
        without = [plain % values for values in zip(*(columns[name] for name in short), strict=True)]
        whole = [a if c else b for a, b, c in zip(whole, without, chosen.tolist(), strict=True)]
    ends = [0, *np.cumsum(block.active.sum(axis=1)).tolist()]
    return [",".join(whole[start:end]) for start, end in pairwise(ends)]


def _exact(values: Values) -> Tokens:
    """As ``json.dumps`` writes them: ASCII, Python's floats."""
    if values.dtype.kind != "f":
        return _distinct(values, json.dumps)
    tokens = _short(values)
    # pydantic writes ten times faster and the same shortest digits; only where Python turns to exponents
    # (below 1e-4, from 1e16) do the two differ.
    size = np.abs(values)
    for at in np.flatnonzero(~((size >= 1e-4) & (size < 1e15))).tolist():
        tokens[at] = json.dumps(values[at].item())
    return tokens


def _short(values: Values) -> Tokens:
    """As pydantic writes them."""
    if values.dtype.kind != "f":
        return _distinct(values, lambda value: to_json(value).decode())
    return to_json(values.tolist())[1:-1].decode().split(",") if len(values) else []


def _distinct(values: Values, written: Callable[[object], str]) -> Tokens:
    """Words, whole numbers and truth values: each different one is written once."""
    known: dict[object, str] = {}
    tokens = []
    for value in values.tolist():
        token = known.get(value)
        if token is None:
            token = known[value] = written(value)
        tokens.append(token)
    return tokens
