"""Expands the first variants of every scenario and builds their scenes; nothing is simulated.

So the linter finds what leaves nothing to run, and criteria that no run can meet.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from simgate.harness import registry
from simgate.harness.execution.planning.robot_fit import unfit, unfit_nodes, unsensed
from simgate.harness.expansion.errors import ExpansionError
from simgate.harness.expansion.expand import expand_scenario
from simgate.harness.expansion.rules import Rules
from simgate.harness.expansion.scene_key import appearance_of, seed_makes_scene
from simgate.harness.expansion.variant import Variant, objects_of
from simgate.harness.frontend.scene_counts import count_scenes, scenes_in
from simgate.harness.packs.checks.clean_runs import clean_runs_needed
from simgate.harness.packs.expressions.conditions import parse
from simgate.harness.packs.language.pack import POLICIES
from simgate.harness.packs.model import GateRule, Pack, Scenario
from simgate.harness.packs.values import ValueSpec
from simgate.harness.packs.worlds import world_of
from simgate.harness.scoring import metrics
from simgate.harness.tasks.of_scenario import task_of
from simgate.harness.tasks.scene_finding import Finding, unbuilt
from simgate.harness.text import plural
from simgate.policies.documents.diagnostics import Diagnostic, shown_path
from simgate.policies.documents.problems import Problems
from simgate.policies.policy import REPORTS
from simgate.sim_adapters.scene.scene import Scene

CODE = "no-variants"
TRIED, TRIED_OF_MANY = 16, 4
"""Variants of each scenario; enough for conditions and methods, and for most arrangements of objects."""
MANY_SCENARIOS = 40
COUNTED = 2_000
"""Variants of a scenario that are searched for scenes that they share."""
_DESIGNS = ("grid", "pairwise", "twise")
_CURVES = ("normal", "log_normal", "beta")
_KEYS = (("place group", "place:"), ("count is", "variants:"), ("method", "variants:"), ("grid", "variants:"))
"""Words of a message, and the key that it speaks of."""


def trial(pack: Pack) -> list[Diagnostic]:
    """Scenarios of a pack that leave nothing to run, or nothing that can be judged, as diagnostics."""
    lines = Path(pack.path).read_text(encoding="utf-8-sig").split("\n")
    found = [found for scenario in pack.scenarios for found in _of_scenario(pack, scenario, lines)]
    if any(one.code == CODE for one in found):
        return found
    problems = Problems()
    problems.extend([*unsensed(pack), *unfit(pack), *unfit_nodes(pack)])
    return [*found, *problems.diagnostics, *_of_shared_scenes(pack, lines)]


def _of_scenario(pack: Pack, scenario: Scenario, lines: Sequence[str]) -> list[Diagnostic]:
    many = len(pack.scenarios) > MANY_SCENARIOS
    count = TRIED_OF_MANY if many else TRIED
    found: list[Finding] = []
    try:
        # Quick and about right first; what it suspects is looked at again in the variants that will run.
        for tried in (_reduced(scenario), scenario.model_copy(update={"pinned": ()})):
            scenes = _scenes(pack, scenario, expand_scenario(pack, tried, count))
            built = [scene for scene in scenes if isinstance(scene, Scene)]
            found = unbuilt(scenes)
            if built:
                task = task_of(scenario, Path(pack.path).parent)
                found += task.check(scenario, pack.sim, built, metrics, _reports(pack, scenario))
            if not found:
                break
        found += _of_pins(pack, scenario)
    except ExpansionError as error:
        return [_diagnostic(pack, scenario, error, lines)]
    return [_of_finding(pack, scenario, finding, lines) for finding in found]


def _of_shared_scenes(pack: Pack, lines: Sequence[str]) -> list[Diagnostic]:
    """Scenarios that are one scene many times over, and rules that so few scenes cannot prove."""
    counts = count_scenes(pack, COUNTED)
    found = []
    for scenario in pack.scenarios:
        count = counts[scenario.id]
        if count.number == 1 < count.variants:
            message = (
                f"its {count.variants} variants are 1 scene: they differ in light, camera, noise or latency "
                "at most, or show parts of a log that overlap, so the gate takes them for one unit of proof"
            )
        elif count.number == count.variants > 1 and _builds_one_scene(pack, scenario):
            message = (
                f"its first variants are 1 scene, though {_drawn(pack, scenario)} differ: nothing that is "
                "drawn changes what stands or moves"
            )
        else:
            continue
        hint = "draw something that stands or moves in the scene, or run fewer variants"
        finding = Finding("variants:", "warning", "one-scene", message, hint)
        found.append(_of_finding(pack, scenario, finding, lines))
    for rule in pack.gate:
        scope = [s.id for s in pack.scenarios if rule.speaks_of(s.id, s.severity)]
        variants, scenes = sum(counts[name].variants for name in scope), scenes_in(counts, scope)
        if rule.kind != "pass_rate" or not rule.at_least or scenes == variants:
            continue
        needed = clean_runs_needed(rule.at_least, rule.confidence)
        if scenes < needed <= variants:
            message = (
                f"a pass rate of {rule.at_least:g} at {rule.confidence:g} confidence needs {needed} clean "
                f"scenes, the {variants} variants of the rule's scenarios lie in {plural(scenes, 'scene')}"
            )
            hint = f"draw what stands or moves, in {needed} scenes or more"
            found.append(_at_rule(pack, rule, message, hint, lines))
    return found


def _builds_one_scene(pack: Pack, scenario: Scenario) -> bool:
    """Whether the world makes the same of the first variants in the same light, whatever their parameters."""
    if seed_makes_scene(scenario) or not scenario.variants.count:
        return False
    first, *others = expand_scenario(pack, _reduced(scenario), TRIED)
    same = {name: first.parameters[name] for name in appearance_of(pack, scenario)}
    lit = (variant.model_copy(update={"parameters": {**variant.parameters, **same}}) for variant in others)
    (made,) = _scenes(pack, scenario, [first]) or [""]
    if not others or isinstance(made, str):
        return False
    return all(repr(_scenes(pack, scenario, [variant])) == repr([made]) for variant in lit)


def _drawn(pack: Pack, scenario: Scenario) -> str:
    """The parameters that are drawn and are no appearance."""
    appearance = appearance_of(pack, scenario)
    return ", ".join(
        name for name, spec in scenario.parameters.items() if spec.is_drawn and name not in appearance
    )


def _at_rule(pack: Pack, rule: GateRule, message: str, hint: str, lines: Sequence[str]) -> Diagnostic:
    own = lines[rule.line - 1] if 0 < rule.line <= len(lines) else ""
    word = "pass_rate"
    place = (rule.line, own.index(word) + 1, len(word)) if word in own else (max(rule.line, 1), 1, 1)
    return Diagnostic(shown_path(Path(pack.path)), *place, "error", "gate-impossible", message, hint)


def _of_pins(pack: Pack, scenario: Scenario) -> list[Finding]:
    """Pinned variants that the world cannot build."""
    pins = expand_scenario(pack, scenario, 0)
    found = []
    for pin, scene in zip(pins, _scenes(pack, scenario, pins), strict=False):
        if isinstance(scene, str):
            name = pin.id.partition("::pin-")[2]
            message = f"the world cannot build the pinned variant '{name}': {scene}"
            hint = "mend its values; `simgate pin RUN VARIANT` writes those of a variant that ran"
            found.append(Finding(f"id: {name}", "error", "no-scene", message, hint))
    return found


def _reports(pack: Pack, scenario: Scenario) -> Sequence[str] | None:
    """Words that the policy can report, where a criterion asks for them; None when it does not say."""
    asked = any(criterion.metric == "report_correct" for criterion in (*scenario.accept, *scenario.hard))
    try:
        return REPORTS.of(registry.load(POLICIES, pack.policy, Path(pack.path).parent) if asked else None)
    except (ImportError, AttributeError):
        return None  # A policy that cannot be loaded is for the run to say.


def _scenes(pack: Pack, scenario: Scenario, variants: Sequence[Variant]) -> list[Scene | str]:
    """Scenes of variants, and why a world cannot build one."""
    world = world_of(pack, scenario)
    scenes: list[Scene | str] = []
    for variant in variants:
        try:
            scenes.append(world.build(variant.parameters, objects_of(variant)))
        except NotImplementedError:
            return []  # A world that cannot build yet; its packs can be written already.
        except Exception as error:
            reason = str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
            scenes.append(reason)
    return scenes


def _reduced(scenario: Scenario) -> Scenario:
    """The scenario with what is slow made quick, because the linter must be.

    Curves that no condition speaks of are drawn evenly over their support: drawing them right needs scipy,
    which takes longer to load than a pack takes to check; and spreading points evenly changes nothing here.
    """
    used = frozenset().union(*(parse(condition).names for condition in scenario.where))
    needed = set(Rules(scenario.parameters).ordered(used))
    kept = {
        name: _evenly(spec) if name not in needed and spec.kind in _CURVES else spec
        for name, spec in scenario.parameters.items()
    }
    variants = scenario.variants
    if variants.method not in _DESIGNS:
        variants = variants.model_copy(update={"method": "random"})
    return scenario.model_copy(update={"parameters": kept, "pinned": (), "variants": variants})


def _evenly(spec: ValueSpec) -> ValueSpec:
    ends = {name: spec.numbers[name] for name in ("low", "high")}
    return spec.model_copy(update={"kind": "uniform", "numbers": ends})


def _of_finding(pack: Pack, scenario: Scenario, found: Finding, lines: Sequence[str]) -> Diagnostic:
    place = _place(lines, scenario, found.words)
    message = f"scenario '{scenario.id}': {found.message}"
    return Diagnostic(shown_path(Path(pack.path)), *place, found.severity, found.code, message, found.hint)


def _diagnostic(pack: Pack, scenario: Scenario, error: ExpansionError, lines: Sequence[str]) -> Diagnostic:
    words = next((text for text in scenario.where if f"'{text}'" in error.message), "")
    words = words or next((key for said, key in _KEYS if said in error.message), "")
    if " is computed, " in error.message:
        words = f"{error.message.partition(' ')[0]}:"
    line, column, length = _place(lines, scenario, words)
    path = shown_path(Path(pack.path))
    message = f"scenario '{scenario.id}' has no variants: {error.message}"
    return Diagnostic(path, line, column, length, "error", CODE, message, error.hint)


def _place(lines: Sequence[str], scenario: Scenario, words: str) -> tuple[int, int, int]:
    """Where words stand in a scenario; its own key when they stand nowhere, for example in a base file."""
    start = max(1, scenario.line)
    own = lines[start - 1] if start <= len(lines) else ""
    indent = len(own) - len(own.lstrip())
    for number, text in enumerate(lines[start:], start=start + 1):
        if text.strip() and len(text) - len(text.lstrip()) <= indent:
            break
        if words and words in text:
            return number, text.index(words) + 1, len(words.rstrip(":"))
    return start, indent + 1, len(scenario.id)
