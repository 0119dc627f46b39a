"""Every mapping of the language, by what it is called."""

from __future__ import annotations

from pydantic import BaseModel

from simgate.harness.packs import model
from simgate.harness.packs.language import criteria, environment, gate, native, pack, scenario, server, values

MAPPINGS: dict[str, type[BaseModel]] = {
    "the top of the pack": pack.PackKeys,
    "a learned policy": pack.NetworkKeys,
    "a policy in an interpreter of its own": pack.ElsewhereKeys,
    "a policy behind a server": server.ServerKeys,
    "an entry of what a policy server is sent": server.SentKeys,
    "sim": model.SimSpec,
    "latency": model.LatencySpec,
    "a scenario": scenario.ScenarioKeys,
    "variants": scenario.VariantsKeys,
    "twise": scenario.TwiseKeys,
    "a group of place": scenario.PlaceKeys,
    "a criterion of accept": criteria.CriterionKeys,
    "a criterion on a formula": criteria.StlKeys,
    "a criterion on a signal": criteria.SignalKeys,
    "a criterion on a metric of your own": criteria.OwnKeys,
    "the signal of a criterion": model.SignalSpec,
    "a known failure": model.KnownFailure,
    "a pinned variant": model.PinnedVariant,
    "an object of a pinned variant": model.PinnedObject,
    "a native world": native.NativeKeys,
    "the robot of a native world": native.RobotKeys,
    "the camera of a native world": native.CameraKeys,
    "the lidar of a native world": native.LidarKeys,
    "a native world with a robot on its own joints": native.JointedKeys,
    "the robot on its own joints": native.JointedRobotKeys,
    "a parameter of a native world": native.SetKeys,
    "a surface of a native world": native.SurfaceKeys,
    "a place of a native world to keep clear": native.ClearKeys,
    "an environment": environment.EnvironmentKeys,
    "a task of Isaac Lab": environment.LabKeys,
    "task": model.TaskSpec,
    "touch of a task": model.TouchSpec,
    "a gate rule": gate.RuleKeys,
    "pass_rate": gate.PassRateKeys,
    "regression": gate.RegressionKeys,
    "invalid_or_error": gate.InvalidOrErrorKeys,
    "attempts": gate.AttemptsKeys,
    "normal": values.Normal,
    "log_normal": values.LogNormal,
    "beta": values.Beta,
    "grid": values.GridSteps,
    "from_file": values.FromFile,
    "a case of when": values.Case,
}
