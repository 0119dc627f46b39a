"""Result files of tools that evaluate policies, one JSON each: LeRobot, vla-eval, inspect-robots."""

from __future__ import annotations

from collections.abc import Iterator

from simgate.harness.importing.episode import Episode, Told
from simgate.harness.importing.value import Value, require_count
from simgate.sim_adapters.printable import printable

_SCORES = ("success_at_end", "operator", "vlm", "reached_goal_state")
"""Scorers of inspect-robots that say whether a trial succeeded, the surest first."""


def lerobot(root: Value, success: str | None) -> Told:
    """``eval_info.json`` of ``lerobot-eval``; older ones list episodes with their seeds."""
    if (tasks := root.get("per_task")) is None:
        return Told("LeRobot", tuple(_lerobot_episodes(root.need("per_episode"), success)))
    if success not in (None, "success", "successes"):
        raise root.wrong(
            f"has no '{printable(success)}' of an episode, and lists its successes; leave out --success"
        )
    episodes = [one for task in tasks for one in _lerobot_task(task)]
    overall = root.get("overall")
    require_count(overall and overall.get("n_episodes"), len(episodes), "episodes")
    return Told("LeRobot", tuple(episodes))


def _lerobot_task(task: Value) -> Iterator[Episode]:
    metrics = task.need("metrics")
    scenario = f"{task.need('task_group').text()}-{task.need('task_id').text()}"
    rows = [list(metrics.need(key)) for key in ("successes", "sum_rewards", "max_rewards")]
    if len({len(row) for row in rows}) > 1:
        raise metrics.wrong(f"lists {', '.join(str(len(row)) for row in rows)} successes, sums and maxima")
    for number, (won, total, most) in enumerate(zip(*rows, strict=True)):
        measured = {"return": total.number(), "max_reward": most.number()}
        yield Episode(scenario, f"e{number}", won.truth(), metrics=measured)


def _lerobot_episodes(listed: Value, success: str | None) -> Iterator[Episode]:
    for one in listed:
        seed = one.get("seed")
        yield Episode(
            "episodes",
            f"e{one.need('episode_ix').whole()}",
            one.need(success or "success").truth(),
            pair="" if seed is None else str(seed.whole()),
            metrics={
                "return": one.need("sum_reward").number(),
                "max_reward": one.need("max_reward").number(),
            },
        )


def vla_eval(root: Value, success: str | None) -> Told:
    """A benchmark's result of vla-eval. Its own rate counts an episode that did not run as a failure."""
    episodes = []
    for task in root.need("tasks"):
        listed = list(task.need("episodes"))
        require_count(task.get("num_episodes"), len(listed), "episodes")
        episodes += [_vla_eval_episode(task.need("task").text(), one, success) for one in listed]
    require_count(root.get("num_episodes_total"), len(episodes), "episodes")
    partial, version = root.get("partial"), root.get("harness_version")
    numbers: list[str] = []
    if is_partial := bool(partial and partial.truth()):
        numbers = [one.need("item").text() for one in root.get("queue_unfinished") or ()]
    episodes += [_unfinished(number) for number in numbers or ["rest"] * is_partial]
    return Told(
        "vla-eval",
        tuple(episodes),
        version.text() if version else "",
        is_cut_short=is_partial and not numbers,
    )


def _unfinished(number: str) -> Episode:
    return Episode("unfinished", number, None, "the evaluation ended before it", failed_to_run=True)


def _vla_eval_episode(task: str, one: Value, success: str | None) -> Episode:
    name, metrics = f"e{one.need('episode_id').text()}", one.need("metrics")
    steps = one.get("steps")
    measured = metrics.numbers() | ({"episode_length": steps.number()} if steps else {})
    if (why := one.get("failure_reason")) is not None:
        detail = one.get("failure_detail")
        # A traceback says its cause last, where a line of a report ends before it.
        said = detail.text().strip() if detail else ""
        parts = (why.text(), said.rpartition("\n")[2], said)
        reason = ": ".join(dict.fromkeys(part for part in parts if part))
        return Episode(task, name, None, reason, failed_to_run=True, metrics=measured)
    return Episode(task, name, metrics.need(success or "success").truth(), metrics=measured)


def inspect_robots(root: Value, success: str | None) -> Told:
    """A log of inspect-robots. A trial is a pair of that of another log with the same scene, seed and epoch,
    where the embodiment is seedable."""
    if root.need("version").whole() != 1:
        raise root.need("version").wrong("is of a newer log; this simgate reads version 1")
    about = root.need("eval")
    status = root.need("status").text()
    keys: set[str] = set()
    episodes = [one for sample in root.need("samples") for one in _scene(about, sample, success, keys)]
    trials = len(episodes)
    why = root.get("error")
    if is_cut_short := why is not None or status in ("error", "started"):
        reason = why.text() if why else f"the log ends with status '{status}'"
        episodes.append(Episode(about.need("task").text(), "log", None, reason, failed_to_run=True))
    require_count(root.need("results").get("total_trials"), trials, "trials")
    policy, checkpoint = about.need("policy").text(), about.get("policy_checkpoint")
    version = about.get("inspect_robots_version")
    named = f"{policy} {checkpoint.text()}" if checkpoint else policy
    told = version.text() if version else ""
    return Told("inspect-robots", tuple(episodes), told, named, ", ".join(sorted(keys)), is_cut_short)


def _scene(about: Value, sample: Value, success: str | None, keys: set[str]) -> Iterator[Episode]:
    """Trials of a scene; adds what said success of them to the keys."""
    task, scene = about.need("task").text(), sample.need("scene_id").text()
    info = about.get("embodiment_info")
    able = [one.text() for one in (info and info.get("capabilities")) or ()]
    seed = about.get("seed") if "seedable" in able else None
    ends = list(sample.get("termination_reasons") or ())
    judged = list(sample.get("operator_judgements") or ())
    for epoch, scores in enumerate(sample.need("epochs")):
        name = f"{scene}-e{epoch}"
        pair = "" if seed is None else f"{seed.whole()}:{scene}:{epoch}"
        end = ends[epoch].held if epoch < len(ends) else None
        if not scores.mapping():
            why = sample.get("error")
            reason = why.text() if why else "the trial errored, so nothing was scored"
            yield Episode(
                task, name, None, reason, failed_to_run=True, pair=pair, parameters={"scene": scene}
            )
            continue
        key = success or next((one for one in _SCORES if one in scores.mapping()), "success_at_end")
        keys.add(key)
        won: bool | None = scores.need(key).truth()
        reason = f"it ended with '{end}'" if isinstance(end, str) else ""
        if key == "operator" and (epoch >= len(judged) or judged[epoch].held is None):
            won, reason = None, "no operator judged it; the log's own score counts that as a failure"
        yield Episode(
            task, name, won, reason, pair=pair, parameters={"scene": scene}, metrics=scores.numbers()
        )
