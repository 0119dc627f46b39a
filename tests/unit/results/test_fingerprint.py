"""With what a run is made, read from a checkout and from what the system says of its processors."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from simgate.harness.results import fingerprint
from simgate.harness.results.fingerprint import cpu_model, git_state, gpu_driver, gpu_names, package_versions


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=a", "-c", "user.email=a@b"]
    done = subprocess.run(
        ["git", "-C", str(folder), *who, *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def test_a_checkout_is_its_commit_and_whether_tracked_files_differ(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "pack.yaml").write_text("a: 1\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    commit = git(tmp_path, "rev-parse", "HEAD")
    assert git_state(tmp_path) == (commit, False)
    (tmp_path / "untracked.txt").write_text("")
    assert git_state(tmp_path) == (commit, False)
    (tmp_path / "pack.yaml").write_text("a: 2\n")
    assert git_state(tmp_path) == (commit, True)


def test_outside_of_git_there_is_no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert git_state(tmp_path) == ("", False)
    monkeypatch.setenv("PATH", "")
    assert git_state(tmp_path) == ("", False)


def test_the_gpus_are_those_that_the_driver_lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fingerprint, "_GPUS", tmp_path)
    assert gpu_names() == ()
    for place, name in (("0000:02:00.0", "NVIDIA H200"), ("0000:01:00.0", "NVIDIA L4")):
        (tmp_path / place).mkdir()
        (tmp_path / place / "information").write_text(f"Model: \t\t {name}\nIRQ:   \t\t 44\n")
    assert gpu_names() == ("NVIDIA L4", "NVIDIA H200")


def test_the_driver_is_the_version_in_its_first_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = tmp_path / "version"
    monkeypatch.setattr(fingerprint, "_DRIVER", said)
    assert gpu_driver() == ""
    said.write_text(
        "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5 22:23:56 UTC 2024\n"
        "GCC version:  gcc version 12.2.0 (Debian 12.2.0-14)\n"
    )
    assert gpu_driver() == "550.54.15"
    said.write_text("GCC version:  gcc version 12.2.0 (Debian)\n")
    assert gpu_driver() == ""


def test_the_cpu_is_the_first_model_name_that_linux_says(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "processor\t: 0\nmodel name\t: AMD EPYC: 9654\nmodel name\t: other\n"
    monkeypatch.setattr(Path, "read_text", lambda self: text)
    assert cpu_model() == "AMD EPYC: 9654"
    monkeypatch.setattr(Path, "read_text", lambda self: "processor : 0\n")
    monkeypatch.setattr(fingerprint.platform, "processor", lambda: "aarch64")
    assert cpu_model() == "aarch64"


def test_versions_are_those_of_what_is_installed() -> None:
    assert list(package_versions(["numpy", "no-such-distribution", "pydantic"])) == ["numpy", "pydantic"]
