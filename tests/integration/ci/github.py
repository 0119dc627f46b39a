"""GitHub Actions, as far as the examples use it: steps, expressions, composite actions, artifacts."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import yaml

from tests.integration.ci.shell import Machine

REPOSITORY = Path(__file__).parents[3]
_EXPRESSION = re.compile(r"\$\{\{\s*(.+?)\s*\}\}")


@dataclass
class Service:
    """Machines, artifacts and what the jobs printed.

    Attributes:
        folder: For machines and artifacts.
        team: The repository that is checked out.
    """

    folder: Path
    team: Path
    output: str = ""
    codes: dict[str, int] = field(default_factory=dict)
    machines: dict[str, Machine] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)

    def job(
        self, name: str, job: dict[str, Any], values: dict[str, str], variables: dict[str, str] | None = None
    ) -> int:
        """Runs a job on a fresh machine, with the workflow's variables; 0, or the exit code of the step that failed it."""
        self.variables = variables or {}
        machine = self.machines[name] = Machine(self.folder / name)
        code = self.steps(machine, job["steps"], values, self.folder)
        self.codes[name] = code
        return code

    def steps(
        self, machine: Machine, steps: list[dict[str, Any]], values: dict[str, str], action: Path
    ) -> int:
        """Runs steps in order; after one has failed only those that always run."""
        failed = 0
        for step in steps:
            condition = _condition(str(step.get("if", "success()")), values, failed)
            if not condition:
                continue
            code = self._step(machine, step, values, action)
            failed = failed or code
        return failed

    def _step(self, machine: Machine, step: dict[str, Any], values: dict[str, str], action: Path) -> int:
        given = {key: fill(str(value), values) for key, value in (step.get("with") or {}).items()}
        uses = str(step.get("uses", "")).partition("@")[0]
        if not uses:
            return self._run(machine, step, values, action)
        if uses == "actions/checkout":
            shutil.copytree(self.team, machine.home, dirs_exist_ok=True)
        elif uses == "actions/upload-artifact":
            target = self.folder / "artifacts" / given["name"]
            assert not target.exists(), f"an artifact of the name {given['name']} exists"
            if (source := machine.home / given["path"]).exists():
                _keep(source, target)
        elif uses == "actions/download-artifact":
            for artifact in sorted((self.folder / "artifacts").iterdir()):
                if fnmatch(artifact.name, given["pattern"]):
                    shutil.copytree(artifact, machine.home / given["path"] / artifact.name)
        elif uses.endswith("/simgate"):
            document = yaml.safe_load((REPOSITORY / "action.yml").read_text())
            inputs = {
                name: given.get(name, declared["default"]) for name, declared in document["inputs"].items()
            }
            assert given.keys() <= inputs.keys()
            inner = {f"inputs.{name}": value for name, value in inputs.items()}
            code = self.steps(machine, document["runs"]["steps"], inner, REPOSITORY)
            for name, declared in document["outputs"].items():
                values[f"steps.{step.get('id')}.outputs.{name}"] = fill(declared["value"], inner)
            return code
        else:
            assert uses == "actions/setup-python", uses
        return 0

    def _run(self, machine: Machine, step: dict[str, Any], values: dict[str, str], action: Path) -> int:
        output, summary = machine.folder / "output", machine.folder / "summary.md"
        output.write_text("")
        given = {key: fill(str(value), values) for key, value in (step.get("env") or {}).items()}
        variables = {**self.variables, **given}
        variables |= {
            "RUNNER_TEMP": str(machine.folder),
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(action),
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(summary),
            "GITHUB_WORKSPACE": str(machine.home),
        }
        code, text = machine.sh(fill(step["run"], values), variables)
        self.output += text
        for line in output.read_text().splitlines():
            key, _, value = line.partition("=")
            values[f"steps.{step.get('id')}.outputs.{key}"] = value
        return code


def fill(text: str, values: dict[str, str]) -> str:
    """Text with its expressions replaced; what has no value is empty where GitHub has it so, else an error."""
    return _EXPRESSION.sub(lambda found: _value(found[1], values), text)


def matrix(job: dict[str, Any]) -> list[dict[str, str]]:
    """The values of each job of a matrix of one axis."""
    [(axis, members)] = job["strategy"]["matrix"].items()
    return [{f"matrix.{axis}": str(member)} for member in members]


def _value(name: str, values: dict[str, str]) -> str:
    if name in values:
        return values[name]
    if name.startswith("steps."):
        return ""
    raise AssertionError(f"the examples' tests know no '{name}'")


def _condition(text: str, values: dict[str, str], failed: int) -> bool:
    text = fill(text, values) if "${{" in text else text
    terms = [_term(term.strip(), values) for term in text.split("&&")]
    says_when = any(word in text for word in ("always()", "cancelled()", "failure()"))
    return all(terms) and (says_when or not failed)


def _term(term: str, values: dict[str, str]) -> bool:
    if term in ("success()", "always()", "!cancelled()"):
        return True
    name, operator, literal = term.split(" ", 2)
    same = _value(name, values) == literal.strip("'")
    return {"==": same, "!=": not same}[operator]


def _keep(source: Path, target: Path) -> None:
    """As artifact stores do: no empty folders, no links."""
    for path in source.rglob("*"):
        if path.is_file():
            kept = target / path.relative_to(source)
            kept.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, kept)
