"""Nothing of a run leaves the machine: seen from a network namespace of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from simgate import NO_TELEMETRY
from tests.integration.shipped import ROOT, copy_pack

DETECTOR = ROOT / "policies" / "reference_model" / "detector.onnx"
NAMESPACE = r"""
ip link set lo up
ip addr add "$(awk '/^nameserver/{print $2; exit}' /etc/resolv.conf)/32" dev lo
"$@" >/dev/null
code=$?
# Without a listener nothing answers, but every datagram and every attempt to connect is counted.
awk '/^Udp: [0-9]/{print "datagrams", $5} /^Tcp: [0-9]/{print "connections", $6}' /proc/net/snmp
exit $code
"""
NOTHING = {"datagrams": 0, "connections": 0}
HOLD = f"import time, onnxruntime; session = onnxruntime.InferenceSession({str(DETECTOR)!r}); time.sleep(20)"


def outward(home: Path, *command: str) -> dict[str, int]:
    """What a command sent from a network namespace that has nobody else in it.

    Its environment has nothing that would keep a library quiet; ``home`` takes what it keeps.
    """
    trial = subprocess.run(["unshare", "-rn", "ip", "link"], capture_output=True, check=False)
    resolver = Path("/etc/resolv.conf")
    if trial.returncode or not resolver.is_file() or "nameserver" not in resolver.read_text():
        pytest.skip("needs a network namespace of its own (unshare -rn, ip) and a name server to ask")
    quiet = {"CI", "XDG_CACHE_HOME", *NO_TELEMETRY}
    env = {name: value for name, value in os.environ.items() if name not in quiet} | {"HOME": str(home)}
    namespace = ["unshare", "-rn", "bash", "-c", NAMESPACE, "bash", *command]
    done = subprocess.run(namespace, capture_output=True, text=True, check=False, env=env, timeout=240)
    assert done.returncode == 0, done.stderr
    return {what: int(count) for what, count in (line.split() for line in done.stdout.splitlines())}


def kept(home: Path) -> set[str]:
    """Files that name this machine to a vendor."""
    return {path.name for path in home.rglob("*") if "Microsoft" in path.parts and path.is_file()}


def test_no_process_of_a_run_sends_anything_or_keeps_an_identifier(tmp_path: Path) -> None:
    pack = copy_pack(
        "scenarios/office_doors",
        tmp_path / "a" / "b" / "pack",
        tmp_path / "a" / "policies" / "reference_model",
    )
    main = "import sys; from simgate.harness.cli.main import main; main()"
    run = ("run", str(pack), "--scenario", "glass_door_closed", "--variants", "1", "--workers", "1")
    sent = outward(tmp_path, sys.executable, "-c", main, *run, "--runs-dir", str(tmp_path / "runs"))
    assert (tmp_path / "runs" / "latest" / "journal.ndjson").read_bytes().count(b"\n") == 1
    assert sent == NOTHING
    assert kept(tmp_path) == set()


@pytest.mark.slow
@pytest.mark.parametrize("imports, speaks", [("", True), ("import simgate; ", False)])
def test_onnxruntime_asks_for_its_vendors_host_unless_simgate_was_imported_first(
    imports: str, speaks: bool, tmp_path: Path
) -> None:
    sent = outward(tmp_path, sys.executable, "-c", imports + HOLD)
    if speaks and not kept(tmp_path):
        pytest.skip("this build of onnxruntime reports nothing")
    assert (sent != NOTHING) is speaks
    assert ("deviceid" in kept(tmp_path)) is speaks


def test_what_a_user_has_decided_stays() -> None:
    code = "import os, simgate; print(os.environ['ORT_DISABLE_TELEMETRY'], os.environ['MLFLOW_DISABLE_TELEMETRY'])"
    env = {**os.environ, "ORT_DISABLE_TELEMETRY": "0"}
    env.pop("MLFLOW_DISABLE_TELEMETRY", None)
    said = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["0", "true"]
