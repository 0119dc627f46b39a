"""What is checked before Isaac Sim is started: options, licence, version, GPU."""

from __future__ import annotations

import pytest

from simgate.sim_adapters.adapter import SimulatorUnavailable, Timing
from simgate.sim_adapters.isaacsim.application.app import _launch
from simgate.sim_adapters.isaacsim.application.errors import IsaacSimUnavailable
from simgate.sim_adapters.isaacsim.application.gpu_lock import chosen_gpu
from simgate.sim_adapters.isaacsim.application.licence import require_licence
from simgate.sim_adapters.isaacsim.application.version import installed_version, require_supported
from simgate.sim_adapters.isaacsim.options import IsaacOptions
from simgate.sim_adapters.isaacsim.physics_loop import SLOWEST_UPDATE_S, PhysicsLoop


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"shadows": True}, "unknown option 'shadows' .known: .*loop"),
        ({"loop": "free"}, "loop must be explicit or coupled, not 'free'"),
        ({"settle_frames": -1}, "settle_frames must be a whole number of at least 0"),
        ({"ready_frames": 0}, "ready_frames must be a whole number of at least 1"),
        ({"ready_frames": True}, "ready_frames must be a whole number"),
        ({"depth": "yes"}, "depth must be true or false"),
        ({"gpu": "first"}, "gpu must be a number"),
        ({"extra_args": ["--help"]}, "settings like --/path=value, not '--help'"),
        ({"assets": {"robot": "a.usd"}}, "assets must be the file of an asset table"),
    ],
)
def test_a_wrong_option_is_refused_in_words(given, said):
    with pytest.raises(ValueError, match=said):
        IsaacOptions.read(given)


def test_options_that_are_not_given_have_defaults():
    options = IsaacOptions.read({"extra_args": ["--/a=1"]})
    assert (options.loop, options.physics_device, options.extra_args) == ("explicit", "cpu", ("--/a=1",))


def refusal(check, given):
    """What a check says against something; empty when it lets it pass."""
    try:
        check(given)
    except SimulatorUnavailable as error:
        return str(error)
    return ""


@pytest.mark.parametrize("environ", [{}, {"OMNI_KIT_ACCEPT_EULA": "no"}, {"ACCEPT_EULA": ""}])
def test_the_licence_is_the_operators_to_accept(environ):
    with pytest.raises(IsaacSimUnavailable, match="simgate never sets it"):
        require_licence(environ)


@pytest.mark.parametrize("environ", [{"OMNI_KIT_ACCEPT_EULA": "YES"}, {"ACCEPT_EULA": "Y"}])
def test_either_variable_accepts_it(environ):
    assert refusal(require_licence, environ) == ""
    assert "has not been accepted" in refusal(require_licence, dict.fromkeys(environ, "no"))


def test_nothing_in_the_adapter_sets_the_licence():
    from pathlib import Path

    import simgate.sim_adapters.isaacsim as package

    for path in Path(str(package.__file__)).parent.glob("*.py"):
        assert 'environ["' not in path.read_text(), path


@pytest.mark.parametrize("version", ["6.0.0", "6.0.1-rc.7", "6.2.0"])
def test_six_is_the_supported_line(version):
    assert refusal(require_supported, version) == ""


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("5.1.0", "5.1.0 is not supported: its Python API is another one"),
        ("4.5.0", "is not supported"),
        ("7.0.0", "is newer than what this adapter knows"),
        ("", "cannot tell the version"),
        ("unknown", "cannot tell the version"),
    ],
)
def test_other_lines_are_refused_clearly(version, said):
    with pytest.raises(SimulatorUnavailable, match=said):
        require_supported(version)


def test_the_version_comes_from_the_installations_own_file(tmp_path):
    (tmp_path / "VERSION").write_text("6.0.1-rc.7+release.1.abcdef.gl\n")
    assert installed_version({"ISAAC_PATH": str(tmp_path)}) == "6.0.1-rc.7"
    assert installed_version({}) == ""


@pytest.mark.parametrize(
    ("option", "visible", "gpu"),
    [(None, None, None), (None, "2,3", 2), (1, "2,3", 1), (None, "GPU-4f1c", None), (None, "", None)],
)
def test_the_gpu_is_the_options_or_the_first_that_is_visible(option, visible, gpu):
    environ = {} if visible is None else {"CUDA_VISIBLE_DEVICES": visible}
    assert chosen_gpu(option, environ) == gpu


def test_the_launch_is_headless_on_one_gpu_and_turns_caches_off(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    config = dict(_launch(IsaacOptions.read({})).config)
    assert config["headless"] is True
    assert config["multi_gpu"] is False
    assert config["disable_viewport_updates"] is True
    assert (config["active_gpu"], config["physics_gpu"]) == (3, 0)
    assert "--/rtx/rtpt/cached/enabled=false" in config["extra_args"]
    assert "--/app/execution/debug/forceSerial=true" in config["extra_args"]


@pytest.mark.parametrize(
    ("timing", "steps"),
    [(Timing(200, 10, 10), 5), (Timing(200, 20, 10), 5), (Timing(60, 10, 10), 2), (Timing(490, 10, 10), 7)],
)
def test_a_coupled_update_is_as_long_as_it_may_be_without_losing_steps(timing, steps):
    found = PhysicsLoop(timing, IsaacOptions.read({})).update_steps
    assert found == steps
    assert timing.control_steps % found == 0
    assert timing.seconds(found) <= SLOWEST_UPDATE_S
