"""A pointer of Git LFS, DVC or git-annex in place of a file is recognised, with the command that fetches it."""

import argparse
import hashlib
import subprocess
from pathlib import Path

import pytest

from simgate.policies.documents.problems import Problems
from simgate.policies.documents.yaml_source import read_yaml
from simgate.sim_adapters.files.unfetched import dvc_output, empty, unfetched

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
MD5 = "d41d8cd98f00b204e9800998ecf8427e"


@pytest.fixture
def repository(tmp_path, monkeypatch):
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / ".dvc").mkdir()
    (tmp_path / "models").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_a_file_that_is_there_and_one_that_is_just_missing_are_no_pointers(repository):
    assert unfetched(write(repository / "models/a.onnx", "weights")) is None
    assert unfetched(write(repository / "models/long.txt", POINTER + "x" * 1024)) is None
    assert unfetched(repository / "models/none.onnx") is None
    assert unfetched(repository / "models") is None


@pytest.mark.parametrize("host", ["git-lfs", "hawser"])
def test_a_git_lfs_pointer_is_pulled_by_its_path_in_the_repository(repository, monkeypatch, host):
    path = write(repository / "models/a b.onnx", POINTER.replace("git-lfs", host))
    assert unfetched(path).remedy == "run: git lfs pull --include 'models/a b.onnx'"
    monkeypatch.chdir(repository / "models")
    assert unfetched(Path("a b.onnx")).remedy == "run: git lfs pull --include 'models/a b.onnx'"
    monkeypatch.chdir("/")
    assert unfetched(path).remedy == f"run: git -C {repository} lfs pull --include 'models/a b.onnx'"


@pytest.mark.parametrize(
    "rewrite",
    [
        lambda text: b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode(),
        lambda text: text.replace("\n", "\r\n").encode("utf-16"),
        lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    ],
    ids=["byte order mark and CRLF", "UTF-16 as PowerShell writes it", "UTF-16 big-endian"],
)
def test_a_pointer_that_a_tool_of_windows_has_written_again_is_one(repository, rewrite):
    path = repository / "models/a.onnx"
    path.write_bytes(rewrite(POINTER))
    assert unfetched(path).remedy == "run: git lfs pull --include models/a.onnx"
    path.write_bytes(rewrite("/annex/objects/SHA256E-s1--0.onnx\n"))
    assert unfetched(path).remedy == "run: git annex get models/a.onnx"


def test_an_empty_file_of_a_model_comes_with_the_command_that_brings_it_back(repository, monkeypatch):
    path = write(repository / "models/a.onnx", "")
    again = "copy it again, or export the model again"
    assert empty(path).remedy == f"run: git checkout -- models/a.onnx, or {again}"
    write(repository / "models/a.onnx.dvc", f"outs:\n- md5: {MD5}\n  path: a.onnx\n")
    assert empty(path).remedy == "run: dvc pull --force models/a.onnx.dvc"
    monkeypatch.chdir("/usr")
    assert empty(path).remedy == f"run: dvc --cd {repository / 'models'} pull --force a.onnx.dvc"
    assert empty(write(path, "weights")) is None
    assert empty(repository / "models/none.onnx") is None


@pytest.mark.parametrize("file", ["tiny.onnx", "tiny.onnx.data", "model.yaml"])
def test_a_package_with_an_empty_file_says_how_to_get_it(repository, file):
    pytest.importorskip("onnx", reason="makes the tiny model of these tests")
    from simgate.policies.perception.package import check_package
    from tests.unit.policies.perception.tiny_model import write_external

    path = write_external(repository)
    write(repository / file, "")
    problems = {(problem.code, problem.message): problem.hint for problem in check_package(path)}
    assert problems[("not-fetched", f"'{file}' is empty")].startswith(f"run: git checkout -- {file}, or copy")
    assert len(problems) == (1 if file != "tiny.onnx" else len(problems))


def test_a_pointer_outside_of_a_repository_is_no_case_for_git(tmp_path):
    found = unfetched(write(tmp_path / "a.onnx", POINTER))
    assert "git-lfs pointer" in found.message and "get the file itself" in found.remedy


@pytest.mark.parametrize(
    ("record", "content", "command"),
    [
        (
            "models/a.onnx.dvc",
            f"outs:\n- md5: {MD5}\n  hash: md5\n  path: a.onnx\n",
            "dvc pull models/a.onnx.dvc",
        ),
        (
            "models/a.onnx.dvc",
            f"wdir: ..\nouts:\n- md5: {MD5}\n  hash: md5\n  path: models/a.onnx\n",
            "dvc pull models/a.onnx.dvc",
        ),
        ("models.dvc", f"outs:\n- md5: {MD5}.dir\n  hash: md5\n  path: models\n", "dvc pull models.dvc"),
        (
            "dvc.lock",
            f"schema: '2.0'\nstages:\n  train:\n    outs:\n    - path: models/a.onnx\n      md5: {MD5}\n",
            "dvc pull models/a.onnx",
        ),
    ],
)
def test_a_file_that_dvc_tracks_is_pulled(repository, record, content, command):
    write(repository / record, content)
    found = unfetched(repository / "models/a.onnx")
    assert "tracked by DVC" in found.message and found.remedy == f"run: {command}"
    assert unfetched(repository / "elsewhere.onnx") is None


@pytest.mark.parametrize("content", ["", "[", "outs: 3", "outs: [1]", "- a", "outs: [{md5: x}]", "[" * 2000])
def test_a_dvc_file_that_says_nothing_is_none(repository, content):
    write(repository / "models/a.onnx.dvc", content)
    assert unfetched(repository / "models/a.onnx") is None
    assert dvc_output(repository / "models/a.onnx") is None


def test_the_md5_of_a_dvc_file_is_kept_as_written(repository):
    digits = "01234567890123456789012345678901"
    path = write(repository / "models/a.onnx", "weights")
    write(repository / "models/a.onnx.dvc", f"outs:\n- md5: {digits}\n  path: a.onnx\n")
    assert (dvc_output(path).md5, dvc_output(path).is_of_bytes) == (digits, False)


def test_files_of_git_annex_are_got(repository):
    key = "SHA256E-s7--0123.onnx"
    locked, unlocked = repository / "models/a.onnx", repository / "models/b.onnx"
    locked.symlink_to(f"../.git/annex/objects/aa/bb/{key}/{key}")
    write(unlocked, f"/annex/objects/{key}\n")
    assert unfetched(locked).remedy == "run: git annex get models/a.onnx"
    assert unfetched(unlocked).remedy == "run: git annex get models/b.onnx"


def test_a_pack_that_is_a_pointer_is_said_at_the_pack(repository):
    problems = Problems()
    assert read_yaml(write(repository / "pack.yaml", POINTER), problems)[1] is None
    (problem,) = problems.diagnostics
    assert (problem.path, problem.code) == ("pack.yaml", "not-fetched")
    assert problem.hint == "run: git lfs pull --include pack.yaml"


@pytest.mark.parametrize(
    "line",
    [
        "model: gone.bin",
        "extends: gone.bin",
        "parameters: {light.lux: {from_file: {csv: gone.bin, column: lux}}}",
        "scenarios: {a: {world: {mjcf: gone.bin}}}",
    ],
)
def test_whatever_a_pack_names_may_be_a_pointer_or_only_in_dvc(repository, line):
    from simgate.harness.packs.loader import lint

    pack = write(repository / "pack.yaml", f"simgate: 1\n{line}\n")
    write(repository / "gone.bin", POINTER)
    expected = "run: git lfs pull --include gone.bin"
    assert expected in {problem.hint for problem in lint([pack]) if problem.code == "not-fetched"}
    (repository / "gone.bin").unlink()
    write(repository / "gone.bin.dvc", f"outs:\n- md5: {MD5}\n  path: gone.bin\n")
    expected = "run: dvc pull gone.bin.dvc"
    assert expected in {problem.hint for problem in lint([pack]) if problem.code == "not-fetched"}


@pytest.mark.parametrize("name", ["a.png", "a.npy"])
def test_a_picture_for_a_model_that_is_a_pointer_is_named(repository, name):
    from simgate.harness.cli.model.frames import load_frames
    from simgate.harness.frontend.user_errors import UserError

    path = write(repository / name, POINTER)
    arguments = argparse.Namespace(count=1, frames=path, pack=None)
    with pytest.raises(UserError, match=rf"{name} is a git-lfs pointer.*--include {name}"):
        load_frames(arguments, None)
    path.unlink()
    write(repository / f"{name}.dvc", f"outs:\n- md5: {MD5}\n  path: {name}\n")
    with pytest.raises(UserError, match=rf"{name} is tracked by DVC.*dvc pull {name}.dvc"):
        load_frames(arguments, None)


def test_a_model_card_or_sidecar_that_is_a_pointer_is_named(repository):
    pytest.importorskip("onnx", reason="makes the tiny model of these tests")
    from simgate.policies.perception.model_yaml.edit import add_artifact, artifact_line
    from simgate.policies.perception.package import check_package
    from tests.unit.policies.perception.tiny_model import write_package

    path = write_package(repository)
    write(repository / "gpu.plan", "a plan")
    write(repository / "gpu.plan.json", POINTER)
    write(repository / "card.md", POINTER)
    add_artifact(path, artifact_line("tensorrt", "gpu.plan", hashlib.sha256(b"a plan").hexdigest()))
    write(path, path.read_text() + "model_card: card.md\n")
    assert [(problem.code, problem.hint.split()[-1]) for problem in check_package(path)] == [
        ("not-fetched", "gpu.plan.json"),
        ("not-fetched", "card.md"),
    ]


MJCF = """<mujoco><asset><mesh name="m" file="{file}"/></asset>
<worldbody><geom type="mesh" mesh="m"/></worldbody></mujoco>"""


def test_a_mesh_of_a_native_mjcf_world_that_is_a_pointer_is_named(repository):
    from simgate.sim_adapters.mujoco.native.source import open_source
    from simgate.sim_adapters.worlds.native_file import NativeError

    path = write(repository / "site.xml", MJCF.format(file="models/m.stl"))
    write(repository / "models/m.stl", POINTER)
    with pytest.raises(NativeError, match=r"m.stl is a git-lfs pointer.*--include models/m.stl"):
        open_source(path)
    (repository / "models/m.stl").unlink()
    write(repository / "models.dvc", f"outs:\n- md5: {MD5}.dir\n  path: models\n")
    with pytest.raises(NativeError, match=r"m.stl is tracked by DVC.*dvc pull models.dvc"):
        open_source(path)


@pytest.mark.parametrize("file", ["part.usda", "paint.png"])
def test_a_layer_or_picture_of_a_native_stage_that_is_a_pointer_is_named(repository, file):
    pytest.importorskip("pxr")
    from simgate.sim_adapters.usd.native.source import open_source
    from simgate.sim_adapters.worlds.native_file import NativeError

    uses = "(references = @part.usda@) {}" if file == "part.usda" else "{ asset a = @paint.png@ }"
    stage = f'#usda 1.0\n(metersPerUnit = 1\nupAxis = "Z")\ndef Xform "a" {uses}\n'
    path = write(repository / "site.usda", stage)
    write(repository / file, POINTER)
    with pytest.raises(NativeError, match=rf"{file} is a git-lfs pointer.*--include {file}"):
        open_source(path)
    (repository / file).unlink()
    write(repository / f"{file}.dvc", f"outs:\n- md5: {MD5}\n  path: {file}\n")
    with pytest.raises(NativeError, match=rf"{file} is tracked by DVC.*dvc pull {file}.dvc"):
        open_source(path)


@pytest.mark.parametrize("name", ["tiny.onnx", "model.yaml"])
def test_a_model_in_dvc_says_the_command_and_one_that_differs_from_dvc_is_refused(repository, name):
    pytest.importorskip("onnx", reason="makes the tiny model of these tests")
    from simgate.policies.perception.package import check_package
    from tests.unit.policies.perception.tiny_model import write_package

    path = write_package(repository)
    file = repository / name
    md5 = hashlib.md5(file.read_bytes()).hexdigest()
    record = write(repository / f"{name}.dvc", f"outs:\n- md5: {md5}\n  hash: md5\n  path: {name}\n")
    assert check_package(path) == []
    if name == "tiny.onnx":
        write(record, record.read_text().replace(md5, MD5))
        (problem,) = check_package(path)
        assert problem.code == "model-hash" and md5 in problem.message and MD5 in problem.message
    file.unlink()
    (problem,) = check_package(path)
    assert (problem.code, problem.hint) == ("not-fetched", f"run: dvc pull {name}.dvc")
