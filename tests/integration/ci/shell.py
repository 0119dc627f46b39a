"""Runs shell lines as a CI job would: in a folder of its own, with a PATH on which the machine's package managers do nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

# Installing needs root and a registry; that the words are there is checked by what they leave in the log.
_MAIN = "import sys; from simgate.harness.cli.main import main; sys.exit(main())"
_RECORDED = ("apt-get", "pip", "sudo")
# In the place of a container with Isaac Sim: this machine's simgate with MuJoCo. What is mounted must be there.
_DOCKER = """
log={folder}/installed
echo "docker $*" >>"$log"
[ "$1" = run ] || exit 0
shift
command=simgate
while [ "$1" != simgate-isaac-sim ]; do
    case $1 in
        -v) case $2 in /*) [ -d "${{2%%:*}}" ] || exit 125 ;; esac; shift 2 ;;
        -e) [ -n "${{!2}}" ] || exit 125; shift 2 ;;
        --gpus) shift 2 ;;
        --entrypoint) command=$2; shift 2 ;;
        --rm) shift ;;
        *) echo "docker: $1?"; exit 125 ;;
    esac
done
shift
set -- "${{@//isaacsim/mujoco}}"
exec $command "${{@//\\/simgate\\/runs/runs}}"
"""


@dataclass
class Machine:
    """A machine of a CI service.

    Attributes:
        folder: Its own; the checkout and the tools lie below it.
        installed: Command lines of package managers, in order.
    """

    folder: Path
    installed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        tools = self.folder / "tools"
        tools.mkdir(parents=True)
        for name in _RECORDED:
            self._tool(name, f'echo "{name} $*" >>"{self.folder}/installed"')
        self._tool("docker", _DOCKER.format(folder=self.folder))
        self._tool("simgate", f'exec "{sys.executable}" -c "{_MAIN}" "$@"')
        self._tool(
            "python", f'case "$*" in "-m pip "*) pip "${{@:3}}";; *) exec "{sys.executable}" "$@";; esac'
        )
        self._tool("python3.11", f'mkdir -p "$3/bin" && ln -sf "{tools}"/* "$3/bin/"')
        self.home.mkdir()

    @property
    def home(self) -> Path:
        """Where the repository is checked out."""
        return self.folder / "checkout"

    def sh(self, script: str, variables: dict[str, str], cwd: Path | None = None) -> tuple[int, str]:
        """Exit code and output of ``bash -eo pipefail``, as GitHub and GitLab call it."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("GITHUB_", "CI_", "PYTEST_"))}
        environment |= {"PATH": f"{self.folder / 'tools'}:{os.environ['PATH']}", **variables}
        done = subprocess.run(
            ["bash", "-eo", "pipefail", "-c", script],
            cwd=cwd or self.home,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        log = self.folder / "installed"
        self.installed = log.read_text().splitlines() if log.exists() else []
        return done.returncode, done.stdout + done.stderr

    def _tool(self, name: str, body: str) -> None:
        path = self.folder / "tools" / name
        path.write_text(f"#!/usr/bin/env bash\n{body}\n")
        path.chmod(0o755)
