"""The two sides of a comparison: episodes of runs or packs, measured as they are shown again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from simgate.harness.drift.embedding import Embedding
from simgate.harness.drift.frame_statistics import episode_statistics, frame_statistics
from simgate.harness.execution.pictures.kept_frames import seen_places
from simgate.harness.execution.planning.moved_pack import pack_where_it_is
from simgate.harness.execution.planning.parts import node_part
from simgate.harness.execution.planning.resume import variants_of
from simgate.harness.execution.playing import played
from simgate.harness.expansion.expand import Expansion
from simgate.harness.expansion.variant import Variant
from simgate.harness.gate.kept_pack import kept_pack
from simgate.harness.packs.loader import load_pack
from simgate.harness.packs.model import Pack
from simgate.harness.results.record import Scalar
from simgate.harness.results.run_folder import RunFolder
from simgate.policies.perception.package import load_package

_PICTURES = 3
"""Of an episode so many frames may be shown."""


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """An episode.

    Attributes:
        name: Of the variant.
        parameters: Its values.
        frames: Statistics of each frame looked at, (F, D).
        shown: Place in ``frames`` -> the frame itself, of a few.
    """

    name: str
    parameters: Mapping[str, Scalar]
    frames: NDArray[np.float64]
    shown: Mapping[int, NDArray[np.uint8]]

    @property
    def summary(self) -> NDArray[np.float64]:
        """What stands for the episode."""
        return episode_statistics(list(self.frames))


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """One side.

    Attributes:
        name: What the user named.
        models: SHA-256 of each model that looked, hex.
        episodes: As they were shown.
        run_id: Of the run; empty for a pack.
    """

    name: str
    models: tuple[str, ...]
    episodes: tuple[Measured, ...]
    run_id: str = ""

    @property
    def table(self) -> NDArray[np.float64]:
        """An episode a row."""
        return np.stack([one.summary for one in self.episodes])

    @property
    def frames(self) -> NDArray[np.float64]:
        """All frames, one a row."""
        return np.concatenate([one.frames for one in self.episodes])


def measure(source: Path | Pack, most: int, every: int, runtime: str, tensor: str = "") -> Side:
    """Shows the model a run's or pack's variants again, and measures what it sees.

    Args:
        source: Folder of a run, or a pack's YAML file; or a pack, of logs.
        most: Episodes; evenly over all variants.
        every: Every Nth frame.
        runtime: Perception runtime, or ``auto``.
        tensor: Of the model, whose numbers count too; empty for none.

    Raises:
        NotARun, PackError, CannotResume: It is neither, or cannot be shown again.
        PackageError: The model package is not in order.
        NoTensor: The model has no such tensor.
    """
    pack, variants, run_id = _what(source)
    chosen = [variants[k] for k in _evenly(len(variants), most)]
    models = tuple(load_package(one).sha256 for one in pack.packages.values())
    folder = Path(pack.path).parent
    models += tuple(node_part(name, given, folder).sha256 for name, given in pack.nodes.items())
    with closing(Embedding(pack, tensor, runtime)) if tensor else nullcontext() as embedding:
        episodes = list(_episodes(pack, chosen, every, runtime, embedding))
    name = pack.scenarios[0].title if isinstance(source, Pack) else str(source)
    return Side(name, models, tuple(episodes), run_id)


def _episodes(
    pack: Pack, chosen: Sequence[Variant], every: int, runtime: str, embedding: Embedding | None
) -> Iterator[Measured]:
    for variant, episode in played(pack, chosen, runtime):
        answers = {one.frame_step: one for one in episode.trace.answers}
        places = [k for k in seen_places(episode.frames) if k % every == 0]
        rows: list[NDArray[np.float64]] = []
        shown: dict[int, NDArray[np.uint8]] = {}
        for k in places:  # One after the other: all frames of a long episode are more than memory holds.
            frame = episode.frames[k]
            if frame is None:
                continue
            if len(rows) % max(len(places) // _PICTURES, 1) == 0 and len(shown) < _PICTURES:
                shown[len(rows)] = frame
            row = frame_statistics(frame, answers.get(episode.trace.frames[k].step))
            if embedding is not None:
                row = np.concatenate([row, embedding.of(frame, episode.eye)])
            rows.append(row)
        if rows:
            yield Measured(variant.id, variant.parameters, np.stack(rows), shown)


def _what(path: Path | Pack) -> tuple[Pack, Sequence[Variant], str]:
    if isinstance(path, Pack):
        return path, Expansion(path, path.scenarios), ""
    if path.is_file():
        pack = load_pack(path)
        return pack, Expansion(pack, pack.scenarios), ""
    manifest = RunFolder(path).manifest()
    pack = pack_where_it_is(kept_pack(manifest), path)
    return pack, variants_of(manifest, pack), manifest.run_id


def pack_of(path: Path) -> Pack:
    """The pack of a run, or of a pack's file.

    Raises: as :func:`measure`.
    """
    return _what(path)[0]


def _evenly(count: int, most: int) -> list[int]:
    return sorted({round(k) for k in np.linspace(0, count - 1, min(most, count))})
