"""A decoder from a file beside ``model.yaml``: read, run, contained in the package, fetched with it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnx", reason="makes the models")

from simgate.policies.perception.files.package_files import cache_folder
from simgate.policies.perception.files.trust import VARIABLE
from simgate.policies.perception.package import PackageError, load_package
from simgate.policies.perception.package_source import copy_package, local_package
from simgate.policies.perception.runtimes.onnxruntime_runtime import OnnxRuntime
from tests.unit.policies.perception.made_models import constant_onnx, package

CODE = """\
from simgate.policies.perception.decoder_spec import DecoderSpec, Strict
from simgate.policies.perception.decoding.decoder import Decoder, Wanted
from simgate.policies.perception.outputs import Tensors
from .parts.gains import GAIN


class Outputs(Strict):
    grasp: str


class Spec(DecoderSpec):
    needs_classes = False
    scale: float = 1.0
    outputs: Outputs


def tensors(spec, classes, frames):
    return {"grasp": Wanted(((4,),))}


def decode(spec, arrays, context):
    return [Tensors({"grasp": row * spec.scale * GAIN}) for row in arrays["grasp"]]


print("read")
GRASP = Decoder(Spec, tensors, decode)
"""
GRASP = {"kind": "grasp.py:GRASP", "scale": 2.0, "outputs": {"grasp": "g"}}


def a_package(folder: Path, code: str = CODE, decoder: dict[str, object] = GRASP, **keys: object):
    (folder / "parts").mkdir(parents=True)
    (folder / "grasp.py").write_text(code)
    (folder / "parts" / "gains.py").write_text("GAIN = 1.5\n")
    return package(folder, constant_onnx({"g": np.ones((1, 4), np.float32)}), decoder=decoder, **keys)


def test_it_is_read_and_run_and_what_it_prints_is_kept_from_standard_output(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runtime = OnnxRuntime(a_package(tmp_path / "m"), "cpu")
    (found,) = runtime.infer(np.zeros((1, 24, 32, 3), np.uint8))
    assert found.values["grasp"].tolist() == [3.0] * 4
    assert capsys.readouterr() == ("", "read\n")


def test_two_packages_may_each_have_a_file_of_one_name(tmp_path: Path) -> None:
    for name, gain in (("a", 1.5), ("b", 4.5)):
        code = CODE.replace("spec.scale * GAIN", f"{gain}")
        (found,) = OnnxRuntime(a_package(tmp_path / name, code), "cpu").infer(
            np.zeros((1, 24, 32, 3), np.uint8)
        )
        assert found.values["grasp"].tolist() == [gain] * 4


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"kind": "gone.py:GRASP"}, "model-package-value", "decoder: file 'gone.py' does not exist"),
        ({"kind": "grasp.py:GRSP"}, "model-package-value", "grasp.py has no 'GRSP'.*did you mean 'grasp.py:GRASP'"),
        ({"kind": "grasp.py"}, "model-package-value", "unknown decoder 'grasp.py'"),
        ({"kind": "grasp.py:Spec"}, "model-package-value", "'grasp.py:Spec' is no decoder"),
        ({"kind": "../grasp.py:GRASP"}, "model-package-value", "leads out of the model package"),
        ({"sclae": 1}, "model-package-key", "unknown key 'decoder.sclae'.*did you mean 'scale'"),
        ({"scale": "big"}, "model-package-value", "decoder.scale must be a number"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_it_is_said_at_its_place(
    tmp_path: Path, changes: dict[str, object], code: str, words: str
) -> None:
    (tmp_path / "grasp.py").write_text(CODE)
    with pytest.raises(PackageError, match=f"(?s){words}") as found:
        a_package(tmp_path / "m", decoder=GRASP | changes)
    assert [one.code for one in found.value.problems] == [code]


@pytest.mark.parametrize(
    ("tensors", "words"),
    [
        ("{}", "KeyError: 'grasp'"),
        ("{'grasp': 4}", "AttributeError: 'int' object"),
        ("1 / 0", "ZeroDivisionError"),
    ],
)
def test_one_that_cannot_say_what_it_reads_is_told_at_its_name(
    tmp_path: Path, tensors: str, words: str
) -> None:
    with pytest.raises(PackageError, match=words) as found:
        a_package(tmp_path / "m", CODE.replace('{"grasp": Wanted(((4,),))}', tensors))
    (problem,) = found.value.problems
    assert "return a Wanted(shapes) for every key" in problem.hint


def test_what_else_is_wrong_with_the_package_is_said_too(tmp_path: Path) -> None:
    with pytest.raises(PackageError) as found:
        a_package(tmp_path / "m", code="1 +\n", version=3)
    assert [one.message for one in found.value.problems] == [
        "version must be text, not the number 3",
        "decoder: grasp.py:1: invalid syntax",
    ]


def test_its_code_is_among_the_files_of_the_package_and_copied_with_it(tmp_path: Path) -> None:
    own = a_package(tmp_path / "m")
    (tmp_path / "m" / "other.py").write_text("")
    assert {"grasp.py", "parts/gains.py"} == {file.name for file in own.files if file.name.endswith(".py")}
    copied = load_package(copy_package(own.path, tmp_path / "copy"))
    assert [file.name for file in copied.files] == [file.name for file in own.files]


def test_its_files_are_known_without_running_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = a_package(tmp_path / "m")
    copied = copy_package(own.path, tmp_path / "copy")
    capsys.readouterr()
    unread = load_package(copied, run_code=False)
    assert [file.name for file in unread.files] == [file.name for file in own.files]
    assert capsys.readouterr().err == ""
    assert load_package(copied).name == own.name
    assert capsys.readouterr().err == "read\n"


def test_that_of_a_package_that_was_fetched_runs_only_when_somebody_answers_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsspec = pytest.importorskip("fsspec", reason="reads object stores")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv(VARIABLE, raising=False)
    own = a_package(tmp_path / "m", CODE + f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    (tmp_path / "ran").unlink()
    files = fsspec.filesystem("memory")
    files.put(str(tmp_path / "m"), "/bucket/model", recursive=True)
    try:
        fetched = local_package("memory://bucket/model")
    finally:
        files.rm("/bucket", recursive=True)
    assert fetched.is_relative_to(cache_folder())
    with pytest.raises(PackageError, match=r"grasp.py is not run: the package was fetched") as found:
        load_package(fetched)
    assert not (tmp_path / "ran").exists()
    hashes = [file.sha256 for file in own.files if file.name.endswith(".py")]
    assert all(sha256 in str(found.value) for sha256 in hashes)
    monkeypatch.setenv(VARIABLE, hashes[0])
    with pytest.raises(PackageError, match=r"is not run"):
        load_package(fetched)
    monkeypatch.setenv(VARIABLE, ",".join(hashes))
    assert load_package(fetched).classes == own.classes
    assert (tmp_path / "ran").exists()
