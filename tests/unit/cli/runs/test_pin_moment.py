"""A moment of a field log becomes a pack that runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from simgate.harness.cli.main import main
from simgate.harness.results.record import Outcome
from tests.unit.execution.memory_pack import write_model
from tests.unit.execution.test_episode import cast
from tests.unit.execution.test_mcap_recording import episode, keep

pytest.importorskip("mcap_protobuf", reason="needs simgate[logs]")

__all__ = ["cast", "episode"]


@pytest.fixture
def log(episode, tmp_path, monkeypatch) -> str:
    monkeypatch.chdir(tmp_path)
    keep(tmp_path, episode, Outcome.FAIL).rename(tmp_path / "lobby.mcap")
    return "lobby.mcap"


def test_a_moment_of_a_log_becomes_a_pack_with_its_picture_labels_and_parameters(
    log, episode, tmp_path, capsys
) -> None:
    assert main(["pin", log, "--at", "0.84s"]) == 0
    assert "lobby_0_8s.png: what was seen at 0.80 s, labelled glass_door" in capsys.readouterr().out
    shown = [f for t, f in zip(episode.trace.frames, episode.frames, strict=True) if t.step == 160]
    with Image.open("lobby_0_8s.png") as picture:
        assert picture.tobytes() == shown[0].tobytes()
    text = Path("lobby_0_8s.yaml").read_text()
    assert "log.from_s: 0.000, log.to_s: 2.800" in text
    assert '#   "door.kind": "glass"' in text
    write_model(tmp_path / "model")
    Path("lobby_0_8s.yaml").write_text(text.replace("model: model.yaml", "model: model/model.yaml"))
    assert main(["lint", "lobby_0_8s.yaml"]) == 0


def test_what_cannot_be_pinned_is_told(log, capsys) -> None:
    for arguments, said in (
        ([log, "--at", "99"], "last picture is at"),
        ([log, "--at", "soon"], "--at takes seconds"),
        ([log, "--at", "nan"], "--at takes seconds"),
        ([log, "--at=-1s"], "--at takes seconds"),
        ([log, "--at", "1", "--id", "a"], "--pack and --id are for a variant of a run"),
        ([log], "name a variant of a run, or a moment of a log"),
        (["none.mcap", "--at", "1"], "does not exist"),
        ([log, "--at", "1", "--images", "/none"], "no picture on /none"),
    ):
        assert main(["pin", *arguments]) == 2
        assert said in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("name", ["lobby_0_8s.yaml", "lobby_0_8s.png"])
def test_what_is_there_already_is_left_alone(log, name, tmp_path, capsys) -> None:
    (tmp_path / "mine").write_text("mine")
    Path(name).symlink_to("mine")
    assert main(["pin", log, "--at", "0.84s"]) == 2
    assert f"{name} is there already" in capsys.readouterr().err
    assert (tmp_path / "mine").read_text() == "mine"
