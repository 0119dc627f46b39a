"""The page in a real browser; skipped where there is none."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from simgate.harness.results.run_folder import RunFolder
from simgate.reports.html import write_html

BROWSER = next((path for name in ("chromium", "google-chrome") if (path := shutil.which(name))), None)
PROBE = """<script>
const tell = (name, value) => parent.postMessage([name, value], "*");
addEventListener("error", (event) => tell("error", event.message));
addEventListener("load", () => {
  document.querySelectorAll("details").forEach((item) => { item.open = true; });
  tell("widths", `${document.documentElement.scrollWidth}/${innerWidth}`);
  const find = document.getElementById("find");
  find.value = "glass_door_dim_light::v0001";
  find.oninput({ target: find });
  tell("found", document.getElementById("found").textContent);
});
</script>"""
# A frame, because a headless window cannot be narrower than 500 pixels.
FRAME = """<!DOCTYPE html><html><script>
addEventListener("message", ({ data }) => { document.documentElement.dataset[data[0]] = data[1]; });
</script><iframe src="page.html" style="width: {width}px; height: 900px; border: 0"></iframe></html>"""

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no chromium or google-chrome is installed")


def dom(page: Path, profile: Path) -> str:
    """The page's DOM after loading in a headless browser."""
    assert BROWSER is not None
    command = [
        BROWSER,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        f"--user-data-dir={profile}",
        "--window-size=1400,900",
        "--virtual-time-budget=10000",
        "--dump-dom",
        page.as_uri(),
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout


@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_never_scrolls_sideways_and_its_script_runs(
    blind_run: RunFolder, tmp_path: Path, width: int
) -> None:
    page = tmp_path / "page.html"
    page.write_text(write_html(blind_run).read_text().replace("<head>", f"<head>{PROBE}", 1))
    frame = tmp_path / "frame.html"
    frame.write_text(FRAME.replace("{width}", str(width)))
    head = dom(frame, tmp_path / "profile")
    assert "data-error" not in head
    measured = re.search(r'data-widths="(\d+)/(\d+)"', head)
    assert measured is not None
    assert int(measured[1]) <= int(measured[2]) == width
    assert re.search(r'data-found="1 of \d+ variants"', head)
