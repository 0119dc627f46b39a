"""A model package as it is used: what a model is, how to feed and read it, and where its files are."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from simgate.policies.documents.diagnostics import Diagnostic
from simgate.policies.perception.decoder_spec import DecoderSpec, Scored
from simgate.policies.perception.files.package_files import (
    Artifact,
    PackageFile,
    decoder_files,
    sha256_of,
    sidecar_path,
)
from simgate.policies.perception.latency import Latency
from simgate.policies.perception.model_yaml.spec import (
    Deployed,
    FrameInput,
    InputSpec,
    ModelSpec,
    ReadingInput,
)
from simgate.policies.perception.model_yaml.text import PackageText
from simgate.policies.perception.problems import PackageError
from simgate.sim_adapters.files.unfetched import dvc_output


@dataclass(frozen=True)
class ModelPackage:
    """A loaded package: every file is there and has the declared hash.

    Attributes:
        path: The ``model.yaml``.
        spec: Its content.
        sha256: Hash of ``model.yaml`` itself, hex. It covers the artifacts and their external data, whose
            hashes it holds, and what hashes of weights do not: thresholds, class order, latency.
        text: Where everything stands in the file, for errors.
    """

    path: Path
    spec: ModelSpec
    sha256: str
    text: PackageText = field(repr=False, compare=False)

    def problem(self, location: Sequence[str | int], code: str, message: str, hint: str = "") -> Diagnostic:
        """A problem at the value that ``location`` leads to, for whoever finds one later."""
        return self.text.problem(location, code, message, hint)

    @property
    def name(self) -> str:
        """Name of the model."""
        return self.spec.name

    @property
    def version(self) -> str:
        """Version of the model."""
        return self.spec.version

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names, in the order of the model's outputs."""
        return self.spec.classes

    @property
    def input(self) -> InputSpec:
        """Preprocessing of the frames. Of a model whose main input is no frame its name and batch, of a frame
        of one pixel."""
        main = self.spec.input
        if isinstance(main, InputSpec):
            return main
        return InputSpec(name=main.name, batch=main.batch, width=1, height=1)

    @cached_property
    def channels(self) -> tuple[str, ...]:
        """Channels that it is given beside its main input."""
        extra = self.spec.extra_inputs.values()
        named = [one.channel for one in extra if isinstance(one, ReadingInput | FrameInput)]
        return tuple(dict.fromkeys(name or "" for name in named))

    @property
    def decoder(self) -> DecoderSpec:
        """Decoding."""
        return self.spec.decoder

    @property
    def deployed(self) -> Deployed | None:
        """What runs on the robot; None when the package does not say."""
        return self.spec.deployed

    @property
    def latency(self) -> Latency:
        """Latency on the target device."""
        return self.spec.latency

    @cached_property
    def score_thresholds(self) -> tuple[float, ...]:
        """Smallest score of a detection, by class index."""
        thresholds = self.decoder.score_threshold if isinstance(self.decoder, Scored) else 0.0
        if isinstance(thresholds, dict):
            return tuple(thresholds[name] for name in self.classes)
        return (thresholds,) * len(self.classes)

    @cached_property
    def artifacts(self) -> tuple[Artifact, ...]:
        """All files of weights."""
        folder = self.path.parent
        return tuple(
            Artifact(
                a.kind,
                folder / a.file,
                a.sha256,
                a.device,
                tuple(PackageFile(d.file, folder / d.file, d.sha256) for d in a.external_data),
            )
            for a in self.spec.artifacts
        )

    @cached_property
    def files(self) -> tuple[PackageFile, ...]:
        """Everything that the package consists of, each once, itself first: artifacts and their external data
        with their declared hashes, sidecars of plans and the model card with what they hold now."""
        folder = self.path.parent
        found = [PackageFile(self.path.name, self.path, self.sha256)]
        undeclared = decoder_files(self.decoder.kind, folder)
        for artifact in self.artifacts:
            name = os.path.relpath(artifact.path, folder)
            found += [PackageFile(name, artifact.path, artifact.sha256), *artifact.external_data]
            if artifact.kind == "tensorrt":
                undeclared.append(sidecar_path(artifact.path))
        if self.spec.model_card is not None:
            undeclared.append(folder / self.spec.model_card)
        for path in undeclared:
            if path.is_file():
                found.append(PackageFile(os.path.relpath(path, folder), path, sha256_of(path)))
        return tuple({file.path: file for file in found}.values())

    @cached_property
    def lineage(self) -> dict[str, str]:
        """Where the weights come from: what the package says, and the MD5 of every file that DVC tracks."""
        tracked = {file.name: dvc_output(file.path) for file in self.files}
        dvc = {f"dvc md5 of {name}": output.md5 for name, output in tracked.items() if output is not None}
        return self.spec.lineage | dvc

    def with_threshold(self, score: float) -> ModelPackage:
        """The same model with one smallest score for all classes; for looking at it, not for runs."""
        if not isinstance(self.decoder, Scored):
            return self
        decoder = self.decoder.model_copy(update={"score_threshold": score})
        return replace(self, spec=self.spec.model_copy(update={"decoder": decoder}))

    def with_only(self, file: str) -> ModelPackage:
        """The same model with one of its files of weights.

        Raises:
            PackageError: The package lists no such file.
        """
        chosen = tuple(one for one in self.spec.artifacts if one.file == file)
        if not chosen:
            listed = ", ".join(one.file for one in self.spec.artifacts)
            message = f"the package lists no file '{file}' (has: {listed})"
            beside = self.path.parent / file
            there = beside.is_file()
            digest = hashlib.sha256(beside.read_bytes()).hexdigest() if there else ""
            hint = f"add it: - {{kind: ..., file: {file}, sha256: {digest}}}" if there else ""
            raise PackageError([self.problem(("artifacts",), "missing-artifact", message, hint)])
        return replace(self, spec=self.spec.model_copy(update={"artifacts": chosen}))

    def artifact(self, kind: str) -> Artifact:
        """The first artifact of a kind.

        Raises:
            PackageError: The package has none.
        """
        for artifact in self.artifacts:
            if artifact.kind == kind:
                return artifact
        raise self.no_artifact(kind)

    def no_artifact(self, kind: str) -> PackageError:
        """The error of a runtime for which the package holds nothing."""
        kinds = ", ".join(sorted({a.kind for a in self.artifacts}))
        message = f"model '{self.name}' has no artifact of kind '{kind}' (has: {kinds})"
        hint = "choose another runtime"
        return PackageError([self.problem(("artifacts",), "missing-artifact", message, hint)])

    def unusable(
        self, code: str, message: str, hint: str = "", artifact: Artifact | None = None
    ) -> PackageError:
        """The error of an artifact that is as declared but cannot be used here, at its place in the file."""
        at: tuple[str | int, ...] = ("artifacts",)
        if artifact is not None:
            file = self.spec.artifacts[self.artifacts.index(artifact)].file
            at = ("artifacts", [entry["file"] for entry in self.text.data["artifacts"]].index(file))
        return PackageError([self.problem(at, code, message, hint)])
