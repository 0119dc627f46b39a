import base64
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from simgate.reports.pictures import LARGEST, PictureStore


@pytest.fixture
def noisy(tmp_path: Path) -> Path:
    pixels = np.random.default_rng(0).integers(0, 255, (360, 480, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "noisy.png")
    return tmp_path


def test_a_small_png_goes_in_as_it_is(tmp_path: Path) -> None:
    Image.new("RGB", (160, 120), "navy").save(tmp_path / "start.png")
    picture = PictureStore(tmp_path, 10_000).picture("start.png", "start", "alt")
    data = base64.b64decode(picture.uri.removeprefix("data:image/png;base64,"))
    assert data == (tmp_path / "start.png").read_bytes()


def test_a_large_png_is_stored_smaller(noisy: Path) -> None:
    picture = PictureStore(noisy, 10_000_000).picture("noisy.png", "start", "alt")
    size = len(picture.uri)
    assert picture.uri.startswith("data:image/webp;base64,") or picture.absent
    assert size < (noisy / "noisy.png").stat().st_size
    assert size * 3 / 4 <= LARGEST + 100


def test_beyond_the_budget_the_page_names_the_file(noisy: Path) -> None:
    Image.new("RGB", (160, 120), "navy").save(noisy / "start.png")
    store = PictureStore(noisy, 600)
    first = store.picture("start.png", "start", "alt")
    second = store.picture("start.png", "start", "alt")
    assert first.uri and not second.uri
    assert second.path == "start.png"
    assert "not in this page" in second.absent


@pytest.mark.parametrize("content", [None, b"", b"not a picture", b"\x89PNG\r\n\x1a\n" + b"0" * 40])
def test_a_picture_that_cannot_be_read_is_said_to_be_so(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "broken.png").write_bytes(content)
    picture = PictureStore(tmp_path, 10_000).picture("broken.png", "start", "alt")
    assert picture.uri == ""
    assert picture.absent.startswith("cannot be read")


def picture_of(folder: Path, name: str = "start.png") -> str:
    picture = PictureStore(folder, 10_000_000).picture(name, "start", "alt")
    assert not (picture.uri and picture.absent)
    return picture.absent


@pytest.mark.parametrize("name", ["../secret.png", "{folder}/../secret.png", "link.png"])
def test_a_picture_outside_of_the_run_is_not_embedded(tmp_path: Path, name: str) -> None:
    run = tmp_path / "run"
    run.mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "secret.png")
    (run / "link.png").symlink_to(tmp_path / "secret.png")
    assert "leads out of" in picture_of(run, name.format(folder=run))


@pytest.mark.parametrize("format", ["EPS", "GIF", "TIFF", "PPM", "PDF"])
def test_only_what_a_run_writes_is_decoded(tmp_path: Path, format: str) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "start.png", format)
    assert picture_of(tmp_path).startswith("cannot be read")


def test_bombs_pipes_and_devices_are_refused_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for side, name in ((5_000, "large.png"), (14_000, "bomb.png")):
        Image.new("1", (side, side)).save(tmp_path / name)
        assert "pixels" in picture_of(tmp_path, name)
    os.mkfifo(tmp_path / "pipe.png")
    assert "a pipe" in picture_of(tmp_path, "pipe.png")
    (tmp_path / "huge.png").touch()
    os.truncate(tmp_path / "huge.png", 1 << 40)
    assert "more than" in picture_of(tmp_path, "huge.png")
