"""`simgate evidence`: keys, packages and what is refused, as a user sees it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from simgate.harness.cli.main import main
from tests.unit.evidence.packages import GATE, flipped
from tests.unit.evidence.runs import small_run

pytest.importorskip("cryptography", reason="needs the extra evidence")


class TestCommand:
    def test_keys_are_made_once_and_the_private_one_is_private(self, tmp_path, capsys):
        assert main(["evidence", "keygen", "--out", str(tmp_path / "k")]) == 0
        assert (tmp_path / "k.key").stat().st_mode & 0o077 == 0
        assert main(["evidence", "keygen", "--out", str(tmp_path / "k")]) == 2
        assert "never overwritten" in capsys.readouterr().err

    def test_build_and_verify(self, tmp_path, folder, place, keys, capsys):
        out = tmp_path / "e.zip"
        assert main(["evidence", "build", str(folder.path), "--out", str(out)]) == 0
        assert "ready for release" in capsys.readouterr().out
        assert main(["evidence", "verify", str(out)]) == 0
        assert "NOT SIGNED" in capsys.readouterr().out
        assert main(["evidence", "verify", str(out), "--key", str(place / "signer.pub")]) == 1
        out.write_bytes(flipped(out.read_bytes(), 5000))
        assert main(["evidence", "verify", str(out)]) == 1
        assert "byte 5000 of the zip" in capsys.readouterr().out

    def test_what_cannot_be_read_is_a_users_error(self, tmp_path, folder, capsys):
        assert main(["evidence", "verify", str(tmp_path / "none.zip")]) == 2
        assert main(["evidence", "build", str(tmp_path)]) == 2
        assert main(["evidence", "build", str(folder.path), "--key", str(folder.manifest_path)]) == 2
        assert "Traceback" not in capsys.readouterr().err

    def test_without_cryptography_signing_names_the_extra(self, tmp_path, folder, monkeypatch, capsys):
        monkeypatch.setattr("simgate.harness.evidence.signing.find_spec", lambda name: None)
        assert (
            main(["evidence", "build", str(folder.path), "--key", "k", "--out", str(tmp_path / "e.zip")]) == 2
        )
        assert "simgate[evidence]" in capsys.readouterr().err
        assert main(["evidence", "build", str(folder.path), "--out", str(tmp_path / "e.zip")]) == 0
        assert main(["evidence", "verify", str(tmp_path / "e.zip")]) == 0


def test_a_link_in_a_run_takes_no_other_file_into_the_package(tmp_path, capsys):
    run = small_run(tmp_path, gate=GATE)
    (tmp_path / "id_ed25519").write_text("secret of the user")
    (run.path / "notes.txt").symlink_to(tmp_path / "id_ed25519")
    assert main(["evidence", "build", str(run.path), "--out", str(tmp_path / "e.zip")]) == 2
    assert "notes.txt: it leads out of" in capsys.readouterr().err
    assert not (tmp_path / "e.zip").exists()


def test_a_pipe_or_a_device_is_no_package_and_is_not_waited_for(tmp_path, capsys):
    os.mkfifo(tmp_path / "e.zip")
    for path, words in ((tmp_path / "e.zip", "a pipe"), (Path("/dev/zero"), "a device")):
        assert main(["evidence", "verify", str(path)]) == 2
        assert words in capsys.readouterr().err
