"""The examples in docs/ci: what can be known of them without a GPU runner."""

from __future__ import annotations

import itertools
import re
import shlex
import tomllib
from pathlib import Path

import pytest
import yaml

from simgate.harness.cli.main import build_parser

REPOSITORY = Path(__file__).parents[2]
CI = REPOSITORY / "docs" / "ci"
DOCKERFILE = CI / "isaac-sim.Dockerfile"
IMAGE = "simgate-isaac-sim"
CLI = "/opt/simgate/bin/simgate"


def commands(text: str) -> list[list[str]]:
    """Shell commands of a script, with continued lines joined, as words."""
    joined = re.sub(r"\\\n#?\s*", " ", text)
    joined = re.sub(r"\$\{BASELINES:\+(.*?)\}", r"\1", joined)
    joined = re.sub(r"\$\{\{[^}]*\}\}|\$CI_NODE_\w+", "1", joined)
    lines = (line.strip().lstrip("# ") for line in joined.splitlines())
    return [shlex.split(line) for line in lines if line.startswith(("docker ", CLI))]


def scripts() -> dict[str, list[list[str]]]:
    github = yaml.safe_load((CI / "github-actions.yml").read_text())
    steps = [step.get("run", "") for job in github["jobs"].values() for step in job["steps"]]
    gitlab = yaml.safe_load((CI / "gitlab-ci.yml").read_text())
    lines = [line for job in gitlab.values() if isinstance(job, dict) for line in job.get("script", ())]
    return {
        "github-actions.yml": commands("\n".join(steps)),
        "gitlab-ci.yml": commands("\n".join(lines)),
        "isaac-sim.Dockerfile": commands(DOCKERFILE.read_text()),
    }


def simgate_arguments(words: list[str]) -> list[str] | None:
    if words[0] == CLI:
        return words[1:]
    if words[:2] == ["docker", "run"] and "--entrypoint" not in words:
        return words[words.index(IMAGE) + 1 :]
    return None


@pytest.mark.parametrize(
    "name",
    ["github-actions-cpu.yml", "github-actions.yml", "gitlab-ci-cpu.yml", "gitlab-ci.yml", "Jenkinsfile", "Jenkinsfile.gpu"],
)  # fmt: skip
def test_every_example_has_all_that_a_gate_in_ci_needs(name):
    text = (CI / name).read_text()
    wanted = [
        r"--shard ",
        r"simgate merge ",
        r"\$\{BASELINES:\+--baseline main --baseline-store",
        r"baseline set main runs/gate",
    ]
    wanted += [
        r"(?i)artifacts?\b",
        r"(?i)cache|stays in the workspace",
        r"requirements\.txt",
        r"docs/exit-codes\.md|\b69\b",
    ]
    wanted += [r"libegl1" if "isaac" not in text else r"(?i)isaac-sim\.Dockerfile|SIMGATE_IMAGE"]
    assert [one for one in wanted if not re.search(one, text)] == []


@pytest.mark.parametrize("name", ["Jenkinsfile", "Jenkinsfile.gpu"])
def test_no_run_but_a_go_becomes_a_baseline_where_a_step_goes_on_after_others(name):
    assert re.search(r"if \(code == 0\) \{ sh '[^']*baseline set main", (CI / name).read_text())


@pytest.mark.parametrize("name", ["github-actions.yml", "gitlab-ci.yml", "isaac-sim.Dockerfile"])
def test_every_simgate_command_is_one_that_simgate_takes(name):
    typed = [found for words in scripts()[name] if (found := simgate_arguments(words))]
    assert typed
    for arguments in typed:
        parsed = build_parser().parse_args(arguments)
        assert parsed.adapter == "isaacsim"
        for pack in getattr(parsed, "packs", ()):
            assert (REPOSITORY / pack / "pack.yaml").is_file()


@pytest.mark.parametrize("name", ["github-actions.yml", "isaac-sim.Dockerfile"])
def test_compiled_shaders_are_kept_where_the_images_user_has_its_home(name):
    runs = [words for words in scripts()[name] if words[0] == "docker" and simgate_arguments(words)]
    assert runs
    for words in runs:
        mounted = {volume.rpartition(":")[2] for flag, volume in itertools.pairwise(words) if flag == "-v"}
        assert {"/isaac-sim/.cache", "/isaac-sim/.nv/ComputeCache"} <= mounted


def test_the_licence_is_the_operators_to_accept_in_every_example():
    for path in CI.iterdir():
        for line in path.read_text().splitlines():
            if not line.lstrip().startswith(("#", "//")):
                assert not re.search(r"ACCEPT_EULA\W*Y", line), f"{path.name}: {line}"


def test_what_the_dockerfile_needs_is_let_into_the_image_and_is_there():
    ignore = (CI / f"{DOCKERFILE.name}.dockerignore").read_text().splitlines()
    let_in = {line[1:] for line in ignore if line.startswith("!")}
    assert "*" in ignore
    assert [path for path in let_in if not (REPOSITORY / path).exists()] == []
    settings = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    (source,) = settings["tool"]["setuptools"]["packages"]["find"]["where"]
    rooms = {path.name for path in (REPOSITORY / source / "simgate").iterdir() if path.is_symlink()}
    assert len(rooms) == 5
    needed = {source, *rooms, settings["project"]["readme"], "scenarios"}
    needed |= set(re.findall(r"-c (\S+\.txt)", DOCKERFILE.read_text()))
    assert needed <= let_in


def test_the_hosts_python_keeps_the_versions_of_the_release_whose_api_was_read():
    text = (CI / "isaac-sim-constraints.txt").read_text()
    from simgate.sim_adapters.isaacsim.application.version import READ_FROM

    assert f"Isaac Sim {READ_FROM}" in text
    named = dict(line.split("==") for line in text.splitlines() if "==" in line)
    assert {"numpy", "scipy", "pillow"} <= named.keys()
    # simgate is tested with numpy 2: one of another major version would be another library.
    assert named["numpy"].startswith("2.")
