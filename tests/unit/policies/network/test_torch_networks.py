"""A network in a file of torch's: trusted, called in the order of its declaration, with nothing kept within it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simgate.policies.network.policy import NetworkPolicy
from simgate.policies.perception.files.trust import ALL, VARIABLE
from simgate.policies.perception.problems import PackageError
from simgate.policies.policy import Brief
from tests.unit.policies.network.test_network_policy import robot, told

torch = pytest.importorskip("torch")

pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
TEXT = "network: net.pt\nobservation: [{channel: legs.position}]\n"
WEIGHTS = [[1.0, 2.0], [0.5, -1.0]]


@pytest.fixture(autouse=True)
def trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, ALL)


class Mixed(torch.nn.Module):
    """``tanh(x W)``, in a mapping or bare."""

    def __init__(self) -> None:
        super().__init__()
        self.weights = torch.nn.Parameter(torch.tensor(WEIGHTS))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.tanh(x @ self.weights)


class Counting(torch.nn.Module):
    """The observation plus a state that it is handed; both are given back."""

    def forward(self, x: torch.Tensor, h: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return x + h, h + 1.0


class Hoarding(torch.nn.Module):
    """As rsl_rl exports recurrent policies to TorchScript: the state stays within."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("hidden", torch.zeros(1, 2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.hidden[:] = self.hidden + x
        return self.hidden.clone()


class Reusing(torch.nn.Module):
    """Answers in the same memory each time: what it makes of the observation, or also of the answer before."""

    def __init__(self, keeps: bool) -> None:
        super().__init__()
        self.keeps = keeps
        self.register_buffer("answer", torch.zeros(1, 2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.answer[:] = self.answer + x if self.keeps else x
        return self.answer


class Twofold(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return x, x


class Drawing(torch.nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + torch.randn(x.shape)


def policy(folder: Path, program: torch.nn.Module, text: str = TEXT, worlds: int = 1) -> NetworkPolicy:
    torch.jit.script(program.eval()).save(str(folder / "net.pt"))
    return made(folder, text, worlds)


def made(folder: Path, text: str, worlds: int = 1) -> NetworkPolicy:
    (folder / "policy.yaml").write_text(text)
    found = NetworkPolicy(50, {"network": str(folder / "policy.yaml")})
    found.reset([Brief()] * worlds, robot())
    return found


@pytest.mark.parametrize("kind", ["net.pt", "net.pt2"])
def test_both_kinds_of_files_give_what_numpy_gives(tmp_path: Path, kind: str) -> None:
    if kind == "net.pt":
        run = policy(tmp_path, Mixed(), TEXT + "action: {scale: 2}\n")
    else:
        torch.export.save(torch.export.export(Mixed(), (torch.zeros(1, 2),)), tmp_path / kind)
        run = made(tmp_path, TEXT.replace("net.pt", kind) + "action: {scale: 2}\n")
    wanted = 2 * np.tanh(np.array([0.3, -0.2]) @ np.array(WEIGHTS))
    assert told(run, [0.3, -0.2])[0] == pytest.approx(wanted, rel=1e-6)


def test_states_go_in_and_come_out_in_the_order_of_the_declaration(tmp_path: Path) -> None:
    state = "recurrent: [{input: h_in, output: h_out, shape: [batch, 2]}]\n"
    run = policy(tmp_path, Counting(), TEXT + state, worlds=2)
    assert told(run, [1.0, 2.0], [5.0, 6.0]) == [[1.0, 2.0], [5.0, 6.0]]
    assert told(run, [1.0, 2.0], [5.0, 6.0]) == [[2.0, 3.0], [6.0, 7.0]]
    run.reset([Brief()], robot())
    assert told(run, [1.0, 2.0]) == [[1.0, 2.0]]


def test_worlds_keep_their_own_answers_of_a_program_that_answers_in_one_place(tmp_path: Path) -> None:
    run = policy(tmp_path, Reusing(keeps=False), worlds=2)
    assert told(run, [1.0, 2.0], [5.0, 6.0]) == [[1.0, 2.0], [5.0, 6.0]]


@pytest.mark.parametrize("program", [Hoarding(), Drawing(), Reusing(keeps=True)])
def test_a_program_that_keeps_a_state_or_draws_is_refused(tmp_path: Path, program: torch.nn.Module) -> None:
    run = policy(tmp_path, program)
    with pytest.raises(ValueError, match=r"'net\.pt' answers the same input twice with other numbers"):
        told(run, [1.0, 2.0])


def test_nothing_of_a_torch_file_runs_unless_somebody_trusts_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy(tmp_path, Mixed())
    monkeypatch.delenv(VARIABLE)
    with pytest.raises(PackageError, match=r"policy\.yaml:1:.*'net\.pt' is not loaded: .*--trust"):
        made(tmp_path, TEXT)
    monkeypatch.setenv(VARIABLE, "0" * 64)
    with pytest.raises(PackageError, match="is not loaded"):
        made(tmp_path, TEXT)


def test_another_number_of_tensors_and_another_size_are_said(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"returns 2 tensors, declared are actions$"):
        told(policy(tmp_path, Twofold()), [1.0, 2.0])
    narrow = TEXT.replace("legs.position", "legs.position, entries: [0]")
    with pytest.raises(ValueError, match=r"'net\.pt' on torch: .*mat1 and mat2 shapes cannot be multiplied"):
        told(policy(tmp_path, Mixed(), narrow), [1.0, 2.0])


def test_a_file_that_is_no_program_is_said_at_its_place(tmp_path: Path) -> None:
    import zipfile

    with zipfile.ZipFile(tmp_path / "net.pt", "w") as archive:
        archive.writestr("net/constants.pkl", b"nothing")
    with pytest.raises(PackageError, match=r"policy\.yaml:1:.*torch [0-9.+a-z]* cannot load it"):
        made(tmp_path, TEXT)
