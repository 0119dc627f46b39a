"""What a verdict is about: an edit of anything that can change a record makes another run, and is named."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from simgate.harness.cli.commands.verdicts import aa
from simgate.harness.cli.main import main
from simgate.harness.execution.engine import execute
from simgate.harness.execution.events import Event, VariantFinished
from simgate.harness.execution.hosts.pool.host_pool import HostPool
from simgate.harness.execution.planning.plan import Plan, plan_run
from simgate.harness.execution.planning.replay import replay
from simgate.harness.execution.planning.resume import CannotResume, resume_run
from simgate.harness.expansion.expand import expand_pack
from simgate.harness.packs.loader import load_pack
from simgate.harness.results.record import Outcome
from tests.unit.execution.conftest import memory_plugins
from tests.unit.execution.memory_pack import REPOSITORY, write_model, write_pack
from tests.unit.execution.memory_plugins import ENTRY_POINTS
from tests.unit.sources.packages import on_path, write

__all__ = ["memory_plugins"]

POLICY = """
    from pathlib import Path
    from acme.gains import SPEED
    from tests.unit.execution.memory_plugins import MemoryPolicy
    WEIGHTS = Path(__file__).parent / "weights.txt"
    class Straight(MemoryPolicy):
        @staticmethod
        def files(options):
            return [WEIGHTS]
        def act(self, observation, detections):
            float(WEIGHTS.read_text()) * SPEED
            return super().act(observation, detections)
"""
PLUGINS = {
    "acme__policy": POLICY,
    "acme__gains": "SPEED = 1.0\n",
    "acme__world": "from acme.layout import DOOR\nfrom tests.unit.execution.memory_plugins import "
    "MEMORY_CORRIDOR as CORRIDOR\n",
    "acme__layout": "DOOR = 3\n",
    "acme__metric": "from simgate.harness.scoring.metric import Metric, MetricInfo, MetricValue\nBEST = 0\n"
    "JERK = Metric(MetricInfo('jerk', '', 'lower', 0, None, 'number', 'Jerk.', 'here'), "
    "lambda evidence, options: MetricValue(float(BEST)))\n",
    "acme__adapter": "from tests.unit.execution.memory_plugins import MemoryAdapter as Adapter\n",
    "acme__runtime": "from tests.unit.execution.memory_plugins import MemoryRuntime as Runtime\n",
}
ENTRIES = ",".join(
    (
        "policies:straight=acme.policy:Straight",
        "worlds:corridor=acme.world:CORRIDOR",
        "metrics:jerk=acme.metric:JERK",
        "sim_adapters:acme=acme.adapter:Adapter",
        "runtimes:acme=acme.runtime:Runtime",
    )
)


def team(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A team's own plugins of every kind, on the search path here and in hosts, and a pack that uses them."""
    site = write(folder / "site", **PLUGINS)
    (site / "acme" / "weights.txt").write_text("1.0")
    on_path(monkeypatch, site)
    monkeypatch.setenv("SIMGATE_PLUGINS", f"{ENTRY_POINTS},{ENTRIES}")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(site), str(REPOSITORY)]))
    pack = write_pack(folder, count=4, criterion="jerk")
    text = pack.read_text().replace("memory_policy", "straight").replace("memory_corridor", "corridor")
    pack.write_text(text.replace("adapter: memory", "adapter: acme"))
    return pack


def begin(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    return plan(team(folder, monkeypatch))


def plan(path: Path, hosts: int = 1, **changes: object) -> Plan:
    pack = load_pack(path)
    return plan_run(
        pack,
        variants=expand_pack(pack),
        runs_dir=path.parent / "runs",
        hosts=hosts,
        **({"runtime": "acme"} | changes),  # type: ignore[arg-type]
    )


def outcomes(plan: Plan) -> list[Outcome]:
    return [record.outcome for record in plan.folder.records()]


EDITS = {
    "policy straight: acme/policy.py": ("site/acme/policy.py", POLICY.replace("* SPEED", "* SPEED * 1")),
    "policy straight: acme/gains.py": ("site/acme/gains.py", "SPEED = 2.0\n"),
    "policy straight: weights.txt": ("site/acme/weights.txt", "2.0"),
    "world corridor: acme/layout.py": ("site/acme/layout.py", "DOOR = 4\n"),
    "metric jerk: acme/metric.py": (
        "site/acme/metric.py",
        PLUGINS["acme__metric"].replace("BEST = 0", "BEST = 1"),
    ),
    "simulator acme: acme/adapter.py": ("site/acme/adapter.py", PLUGINS["acme__adapter"] + "# edited\n"),
    "runtime acme: acme/runtime.py": ("site/acme/runtime.py", PLUGINS["acme__runtime"] + "# edited\n"),
}


@pytest.mark.parametrize("said", EDITS)
def test_an_edit_of_a_plugin_is_another_identity_and_resuming_names_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    path = team(tmp_path, monkeypatch)
    before = plan(path)
    file, text = EDITS[said]
    (tmp_path / file).write_text(textwrap.dedent(text))
    after = plan(path)
    assert {e.identity for e in before.manifest.expected}.isdisjoint(
        e.identity for e in after.manifest.expected
    )
    assert [e.digest for e in before.manifest.expected] == [e.digest for e in after.manifest.expected]
    with pytest.raises(CannotResume, match=f"{said} has changed; restore that"):
        resume_run(before.folder.path, hosts=1)


def test_the_same_files_in_another_place_are_the_same_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plans = []
    for place in (tmp_path / "here", tmp_path / "there" / "deeper"):
        place.mkdir(parents=True)
        plans.append(begin(place, monkeypatch))
    here, there = (p.manifest for p in plans)
    assert here.expected == there.expected
    assert here.fingerprint.parts == there.fingerprint.parts


def test_a_world_of_one_scenario_is_in_the_identity_of_that_scenario_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = team(tmp_path, monkeypatch)
    text = path.read_text()
    scenario = text[text.index("scenarios:\n") + len("scenarios:\n") :]
    scenario = scenario[: scenario.index("gate:")] if "gate:" in scenario else scenario
    other = scenario.replace("door_ahead:", "other:").replace("world: corridor", "world: memory_corridor")
    path.write_text(text.replace(scenario, scenario + other))
    before = plan(path).manifest.expected
    (tmp_path / "site" / "acme" / "layout.py").write_text("DOOR = 4\n")
    after = plan(path).manifest.expected
    changed = {b.scenario for b, a in zip(before, after, strict=True) if b.identity != a.identity}
    assert changed == {"door_ahead"}


def test_replay_with_an_edited_policy_runs_it_and_names_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begin(tmp_path, monkeypatch)
    execute(run)
    same = replay(run.folder.path, run.variants[0].id)
    assert (same.same, same.changes) == (True, ())
    (tmp_path / "site" / "acme" / "weights.txt").write_text("2.0")
    again = replay(run.folder.path, run.variants[0].id)
    assert again.now.outcome is not Outcome.ERROR
    assert again.changes == ("policy straight: weights.txt has changed",)


def test_a_run_whose_hashes_were_not_kept_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = begin(tmp_path, monkeypatch)
    execute(run)
    manifest = json.loads(run.folder.manifest_path.read_text())
    del manifest["fingerprint"]["parts"], manifest["pack"]["sources"]
    for expected in manifest["expected"]:
        expected["identity"] = "0" * 64
    run.folder.manifest_path.write_text(json.dumps(manifest))
    assert run.folder.manifest().fingerprint.parts is None
    with pytest.raises(CannotResume, match="code, weights and files it was made with is not known"):
        resume_run(run.folder.path, hosts=1)
    assert replay(run.folder.path, run.variants[0].id).changes[0].startswith("what code, weights and files")


class Meddler:
    """Does something once so many records have arrived."""

    def __init__(self, after: int, what: object) -> None:
        self.left, self.what = after, what

    def __call__(self, event: Event) -> None:
        if isinstance(event, VariantFinished):
            self.left -= 1
            if self.left == 0:
                self.what()  # type: ignore[operator]


def short_lived(run: Plan, variants: int = 2) -> Plan:
    """Its hosts are replaced after so many variants, as all are after 200."""
    return replace(run, limits=replace(run.limits, recycle_after=variants))


def swap_model(folder: Path) -> None:
    """Another model in the place of the first, in good order."""
    write_model(folder / "model", latency="uniform: {between: [20, 141]}")


def test_a_model_that_is_replaced_during_a_run_makes_no_record_under_the_first_ones_identity(
    tmp_path: Path,
) -> None:
    run = short_lived(plan(write_pack(tmp_path, count=6), runtime="memory_runtime"))
    reason = execute(run, [Meddler(2, lambda: swap_model(tmp_path))])
    assert "model columns 1: " in reason
    assert "model.yaml is not what the run was planned with" in reason
    records = run.folder.records()
    assert [r.outcome for r in records] == [Outcome.PASS] * 2 + [Outcome.ERROR] * 4
    assert all("model.yaml" in r.reason and not r.trace_digest for r in records[2:])


def test_the_run_goes_on_when_the_model_is_back(tmp_path: Path) -> None:
    run = short_lived(plan(write_pack(tmp_path, count=4), runtime="memory_runtime"))
    execute(run, [Meddler(2, lambda: swap_model(tmp_path))])
    write_model(tmp_path / "model")
    left = resume_run(run.folder.path, hosts=1)
    assert len(left.variants) == 2
    execute(left)
    assert outcomes(run) == [Outcome.PASS] * 4


@pytest.mark.parametrize("said", [said for said in EDITS if "weights" not in said])
def test_a_worker_that_starts_after_an_edit_of_a_plugin_runs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    run = short_lived(begin(tmp_path, monkeypatch))
    file, text = EDITS[said]
    edit = textwrap.dedent(text)
    reason = execute(run, [Meddler(2, lambda: (tmp_path / file).write_text(edit))])
    who, name = said.split(": ")
    assert f"{who}: {name}" in reason.splitlines()[0]
    assert [outcome is Outcome.ERROR for outcome in outcomes(run)] == [False, False, True, True]


def test_a_file_that_a_plugin_reads_again_and_again_is_held_to_the_plan_in_a_living_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begin(tmp_path, monkeypatch)
    weights = tmp_path / "site" / "acme" / "weights.txt"
    execute(run, [Meddler(2, lambda: weights.write_text("2.0"))])
    records = run.folder.records()
    assert [r.outcome is Outcome.ERROR for r in records] == [False, False, True, True]
    assert all("policy straight: " in r.reason and "weights.txt is not what" in r.reason for r in records[2:])


def test_in_the_calling_process_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = replace(begin(tmp_path, monkeypatch), hosts=0)
    (tmp_path / "site" / "acme" / "gains.py").write_text("SPEED = 2.0\n")
    reason = execute(run)
    assert "policy straight: acme/gains.py" in reason
    assert outcomes(run) == [Outcome.ERROR] * 4
    assert not [finder for finder in sys.meta_path if type(finder).__name__ == "ImportGuard"]


def test_code_of_another_package_by_a_computed_name_is_refused_in_a_worker_until_it_is_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = team(tmp_path, monkeypatch)
    write(tmp_path / "site", tables__door="FAR = 1.0\n")
    computed = "import importlib\nTABLE = importlib.import_module('.'.join(['tables', 'door']))\n"
    policy = tmp_path / "site" / "acme" / "policy.py"
    policy.write_text(computed + policy.read_text())
    run = plan(path)
    list(execute(run))
    assert outcomes(run) == [Outcome.ERROR] * 4
    reason = run.folder.records()[0].reason
    assert "policy straight: tables/__init__.py" in reason
    assert "leads to it; import it by its name, or list it in files(options)" in reason
    listed = "[WEIGHTS, *WEIGHTS.parent.parent.glob('tables/*.py')]"
    policy.write_text(policy.read_text().replace("[WEIGHTS]", listed))
    on_path(monkeypatch)  # forgets the module of before
    run = plan(path)
    list(execute(run))
    assert Outcome.ERROR not in outcomes(run)
    (part,) = (part for part in run.manifest.fingerprint.parts or () if part.role == "policy")
    assert {"tables/__init__.py", "tables/door.py"} <= set(part.files)


def test_an_edit_of_simgate_itself_is_another_run(tmp_path: Path) -> None:
    """In a copy of the checkout, as a developer of simgate has one."""
    copy = tmp_path / "checkout"
    for room in ("harness", "policies", "sim_adapters", "src", "reports"):
        shutil.copytree(REPOSITORY / room, copy / room, symlinks=True, ignore=_no_weights)
    code = (
        "from simgate.harness.sources.closure import code_of; import json;"
        "core = code_of('simgate.harness.execution.worker', 'simgate');"
        "runtime = code_of('simgate.policies.perception.runtimes.onnxruntime_runtime', 'simgate', core.modules);"
        "print(json.dumps([core.files, runtime.files]))"
    )

    def files() -> list[Mapping[str, str]]:
        env = {**os.environ, "PYTHONPATH": str(copy / "src")}
        done = subprocess.run(
            [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
        )
        found: list[Mapping[str, str]] = json.loads(done.stdout)
        return found

    before = files()
    for name in (
        "harness/scoring/criteria.py",
        "policies/perception/decoding/center_heatmap.py",
        "policies/perception/inference/portions.py",
        "reports/html.py",
    ):
        assert (copy / name).exists()
        with (copy / name).open("a") as file:
            file.write("# edited\n")
    after = files()
    changed = [{name for name in b if a[name] != b[name]} for b, a in zip(before, after, strict=True)]
    assert changed == [
        {"simgate/harness/scoring/criteria.py", "simgate/policies/perception/decoding/center_heatmap.py"},
        {"simgate/policies/perception/inference/portions.py"},
    ]


def _no_weights(folder: str, names: list[str]) -> set[str]:
    return {name for name in names if name.endswith((".onnx", ".pt2", ".png")) or name == "__pycache__"}


def test_a_pool_of_a_pytest_worker_is_held_to_the_plan_as_well(tmp_path: Path) -> None:
    from simgate.harness.execution.hosts.pool.host_pool import HostsCannotStart

    run = plan(write_pack(tmp_path, count=2), runtime="memory_runtime")
    swap_model(tmp_path)
    with (
        HostPool(run, hosts=1, first_number=3) as pool,
        pytest.raises(HostsCannotStart, match=r"model\.yaml"),
    ):
        pool.run(run.variants)


def test_a_world_is_run_by_the_name_that_the_pack_gives_whatever_it_calls_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was checked under one name and run under the other: another world."""
    path = team(tmp_path, monkeypatch)
    layout = tmp_path / "site" / "acme" / "world.py"
    layout.write_text(
        "from tests.unit.execution.memory_plugins import MemoryCorridor\n"
        "class Longer(MemoryCorridor):\n"
        "    def build(self, parameters, placed):\n"
        "        return super().build({**parameters, 'fault': 'raise'}, placed)\n"
        "CORRIDOR = Longer()\n"
    )
    run = plan(path)
    execute(run)
    assert {r.reason.partition(" (")[0] for r in run.folder.records()} == {
        "ValueError: the gearbox of this world is missing"
    }


def test_a_run_is_not_continued_with_another_version_of_its_simulator(tmp_path: Path) -> None:
    """Which version an interpreter of the hosts' own finds (Isaac Sim's) no plan can know; the hosts say it."""
    run = plan(write_pack(tmp_path, count=4), runtime="memory_runtime")
    with HostPool(run, hosts=1) as pool:
        pool.run(run.variants[:2])
    assert run.lock is not None
    run.lock.release()
    said = run.folder.hosts_dir / "0.json"
    said.write_text(said.read_text().replace('"version": "1"', '"version": "0.9"', 1))
    left = resume_run(run.folder.path, hosts=1)
    assert "simulator memory: its version is not what the run was planned with: it was 0.9, is 1" in execute(
        left
    )
    assert [outcome is Outcome.ERROR for outcome in outcomes(run)] == [False, False, True, True]


def test_an_edit_between_the_two_runs_of_aa_is_no_churn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = team(tmp_path, monkeypatch)
    once = aa._run_once

    def edited_after_the_first(*arguments: object) -> object:
        done = once(*arguments)  # type: ignore[arg-type]
        (tmp_path / "site" / "acme" / "gains.py").write_text("SPEED = 2.0\n")
        return done

    monkeypatch.setattr(aa, "_run_once", edited_after_the_first)
    runs = str(tmp_path / "runs")
    asked = ["aa", str(path), "-n", "1", "--workers", "1", "--runs-dir", runs, "--runtime", "acme", "--quiet"]
    assert main(asked) == 2
    assert "between the two runs policy straight: acme/gains.py has changed" in capsys.readouterr().err
    assert not list((tmp_path / "runs" / "aa").glob("*.json"))
