from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html

from simgate.harness.gate.verdict import Decision
from simgate.harness.packs.model import GateRule
from simgate.harness.results.parts import make_part
from simgate.harness.results.record import Outcome
from simgate.harness.results.run_folder import NotARun, RunFolder
from simgate.reports.html import render, write_html
from simgate.reports.reasons import reasons
from simgate.reports.run_data import RunData, load_run
from simgate.reports.run_facts import environment
from tests.unit.reports.factory import OFFICE, RunPlan, ScenarioPlan, build_run, junit_document

ANY_TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=20)


@pytest.fixture(scope="module")
def page(blind_run: RunFolder) -> str:
    return write_html(blind_run).read_text()


@pytest.fixture(scope="module")
def tree(page: str) -> lxml_html.HtmlElement:
    return lxml_html.document_fromstring(page)


def texts(tree: lxml_html.HtmlElement, selector: str) -> list[str]:
    return [" ".join(element.text_content().split()) for element in tree.xpath(selector)]


def test_the_page_needs_no_network(page: str, tree: lxml_html.HtmlElement) -> None:
    links = tree.xpath("//@src | //@href | //@srcset | //@action | //@poster")
    assert links
    assert all(link.startswith(("data:image/", "#")) for link in links)
    assert not re.search(r"@import|url\(|fetch\(|https?:", page)


def test_the_verdict_is_said_in_a_word_and_a_sign(tree: lxml_html.HtmlElement) -> None:
    assert texts(tree, "//h1") == ["NO-GO"]
    assert tree.xpath("//div[@class='stamp']//use/@href") == ["#cross"]
    assert "no-go" in tree.xpath("//header/@class")[0]


def test_every_rule_has_statement_counts_and_interval(
    tree: lxml_html.HtmlElement, blind_data: RunData
) -> None:
    rows = tree.xpath("//section[@id='rules']//tbody/tr")
    assert len(rows) == len(blind_data.verdict.rules)
    for row, rule in zip(rows, blind_data.verdict.rules, strict=True):
        text = " ".join(row.text_content().split())
        assert rule.statement in text
        assert rule.decision.value in text
        assert row.xpath(".//svg[@role='img']/@aria-label")


def test_every_scenario_has_a_row(tree: lxml_html.HtmlElement, blind_data: RunData) -> None:
    rows = texts(tree, "//section[@id='scenarios']//tbody/tr")
    assert len(rows) == len(OFFICE)
    assert all(any(plan.id in row and plan.title in row for row in rows) for plan in OFFICE)


def test_dim_light_and_glass_are_named_at_the_top(tree: lxml_html.HtmlElement) -> None:
    glance = texts(tree, "//p[@class='glance']")[0]
    assert "glass_door_dim_light" in glance
    assert re.search(r"3\d of 35 failures lie where lighting\.lux < \d+", glance)


def test_failure_slices_say_where_failures_gather_and_what_was_held_out(tree: lxml_html.HtmlElement) -> None:
    slices = texts(tree, "//section[@id='why']//ul[@class='slices']/li")
    assert re.search(r"lighting\.lux < \d+: 3\d of 35 failures", slices[0])
    assert "held out:" in slices[0]


def test_without_scikit_learn_the_page_says_that_slices_were_not_searched(
    blind_data: RunData, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simgate.reports.reasons.find_spec", lambda name: None)
    page = render(blind_data)
    assert "Failure slices were not searched: pip install &#39;simgate[slices]&#39;." in page
    assert "lower lighting.lux" in page


def test_every_requirement_has_a_standing_with_its_counts(tree: lxml_html.HtmlElement) -> None:
    rows = texts(tree, "//section[@id='requirements']//tbody/tr")
    assert [row.split()[0] for row in rows] == ["NAV-002", "NAV-012", "PER-003", "PER-004"]
    assert "all passed" in rows[0]
    assert "failed" in rows[3]
    assert "29 passed, 31 failed of 60 variants" in rows[3]


def test_the_reasons_call_themselves_descriptive_and_state_n(tree: lxml_html.HtmlElement) -> None:
    why = texts(tree, "//section[@id='why']")[0]
    assert "Descriptive, not causal" in why
    assert re.search(r"n = \d+ and \d+", why)


def test_a_failing_variant_shows_what_is_needed_to_act(
    tree: lxml_html.HtmlElement, blind_data: RunData
) -> None:
    detail = tree.xpath("//details[contains(@class, 'variant')]")[0]
    text = " ".join(detail.text_content().split())
    variant = detail.xpath(".//span[@class='id']")[0].text_content()
    assert "collisions: observed 1, must be at most 0" in text
    assert "lost at" in text
    assert f"simgate replay {blind_data.folder} {variant}" in text
    assert len(detail.xpath(".//img[starts-with(@src, 'data:image/')]")) == 2
    assert all(detail.xpath(".//img/@alt"))
    assert detail.xpath(".//figure[@class='timeline']")
    assert "percentile" in text


def test_a_picture_that_could_not_be_kept_is_said_in_page_and_junit(blind_data: RunData) -> None:
    note = "no start picture: OSError: <no space left>"
    results = tuple(
        replace(one, record=one.record.model_copy(update={"notes": (note,)})) if one.record else one
        for one in blind_data.results
    )
    run = replace(blind_data, results=results)
    page = lxml_html.document_fromstring(render(run))
    assert f"Not kept: {note}." in texts(page, "//details[contains(@class, 'variant')]//p")
    assert note in "".join(junit_document(run).itertext())


def test_a_policy_elsewhere_that_is_no_server_is_said_to_be_at_no_address(blind_data: RunData) -> None:
    manifest = blind_data.manifest
    parts = (make_part("policy", "arm", said={"checkpoint": "slide-7"}),)
    made = manifest.fingerprint.model_copy(update={"policy": "arm", "parts": parts})
    run = replace(blind_data, manifest=manifest.model_copy(update={"fingerprint": made}))
    assert ("policy", "arm, which says of itself: checkpoint slide-7") in environment(run)


def test_all_that_did_not_pass_is_in_the_page(tree: lxml_html.HtmlElement, blind_data: RunData) -> None:
    failures = tree.xpath("//section[@id='failures']")[0].text_content()
    for result in blind_data.results:
        assert (result.expected.id in failures) == (result.outcome != Outcome.PASS)


def test_only_the_first_variants_are_open(tree: lxml_html.HtmlElement) -> None:
    details = tree.xpath("//details[contains(@class, 'variant')]")
    assert 0 < sum("open" in item.attrib for item in details) <= 12 < len(details)


def test_the_page_is_sane_for_a_screen_reader(tree: lxml_html.HtmlElement) -> None:
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert tree.xpath("/html/@lang") == ["en"]
    assert all(tree.xpath(f"//*[@id='{target}']") for target in tree.xpath("//@aria-labelledby"))
    assert all(target[1:] in ids for target in tree.xpath("//@href"))
    assert not tree.xpath("//svg[not(@aria-hidden) and not(@aria-label)]")
    assert not tree.xpath("//th[not(@scope)]")
    levels = [int(element.tag[1]) for element in tree.xpath("//h1 | //h2 | //h3 | //h4")]
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_go_is_green_and_has_no_failing_variants(run_dir: Path) -> None:
    plan = RunPlan(blindness=0.0, gate=(GateRule(kind="pass_rate", at_least=0.9),))
    folder = build_run(run_dir, plan)
    tree = lxml_html.document_fromstring(write_html(folder).read_text())
    assert texts(tree, "//h1") == ["GO"]
    assert texts(tree, "//section[@id='failures']/p") == ["Every variant that ran has passed."]
    assert not tree.xpath("//section[@id='why']")


def test_a_run_without_records_is_inconclusive_and_says_so(run_dir: Path) -> None:
    folder = build_run(run_dir, RunPlan(scenarios=OFFICE[:1], skip=frozenset(range(60))))
    tree = lxml_html.document_fromstring(write_html(folder).read_text())
    assert texts(tree, "//h1") == ["INCONCLUSIVE"]
    assert "60 expected variants left no record" in texts(tree, "//section[@id='gaps']")[0]


def test_lost_pictures_and_recordings_do_not_lose_the_page(blind_run: RunFolder, tmp_path: Path) -> None:
    copy = RunFolder(tmp_path / "copy")
    shutil.copytree(blind_run.path, copy.path)
    shutil.rmtree(copy.frames_dir)
    for number, recording in enumerate(sorted(copy.recordings_dir.iterdir())):
        recording.unlink() if number % 2 else recording.write_bytes(b"PK\x03\x04 torn")
    text = write_html(copy).read_text()
    assert "cannot be read: No such file or directory" in text
    assert "No timeline: the recording" in text


def test_a_folder_without_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotARun, match="not a run folder"):
        write_html(RunFolder(tmp_path))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=ANY_TEXT)
def test_no_text_escapes_into_markup(blind_data: RunData, text: str) -> None:
    evil = f"<script>alert(1)</script>\"'&{text}"
    results = list(blind_data.results)
    index = next(i for i, r in enumerate(results) if r.outcome == Outcome.FAIL)
    record = results[index].record
    assert record is not None
    update = {"reason": evil, "parameters": {**record.parameters, "wall.color": evil}, "artifacts": {}}
    results[index] = replace(results[index], record=record.model_copy(update=update))
    verdict = blind_data.verdict.model_copy(update={"headline": evil, "notes": (evil,)})
    few = tuple(results[index : index + 1])
    page = render(replace(blind_data, results=few, verdict=verdict))
    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert") >= 3


@pytest.mark.slow
def test_five_thousand_variants_stay_under_fifteen_megabytes(run_dir: Path) -> None:
    many = tuple(
        ScenarioPlan(f"glass_{k}", "Glass in dim light", "critical", 1250, dim=True) for k in range(4)
    )
    folder = build_run(run_dir, RunPlan(scenarios=many, pictures=False, recordings=False))
    share_pictures_and_recordings(folder)
    path = write_html(folder)
    data = load_run(folder)
    failed = data.count(Outcome.FAIL)
    assert failed > 1500
    assert 5_000_000 < path.stat().st_size < 15_000_000
    text = path.read_text()
    assert all(result.expected.id in text for result in data.results if result.outcome == Outcome.FAIL)
    assert text.count("data:image/") > 100
    assert text.count('class="timeline"') > 200


def share_pictures_and_recordings(folder: RunFolder) -> None:
    """Lets every failed variant point to the same noisy picture and recording."""
    import numpy as np

    from simgate.harness.execution.episode.recordings.recording import save_trace
    from tests.unit.reports.episodes import blind_trace, corridor_picture

    rng = np.random.default_rng(5)
    lit = {"lighting.lux": 60.0, "door.distance_m": 8.0}
    corridor_picture(lit, 0.5, rng).save(folder.frames_dir / "one.png")
    save_trace(folder.recordings_dir / "one.npz", blind_trace(lit, "glass", rng))
    names = {
        "start_picture": "frames/one.png",
        "failure_picture": "frames/one.png",
        "trace": "recordings/one.npz",
    }
    artifacts = f'"artifacts":{json.dumps(names)}'
    journal = folder.journal_path.read_text()
    folder.journal_path.write_text(journal.replace('"artifacts":{}', artifacts))


def test_reasons_fall_back_to_other_scenarios_when_all_of_one_failed(blind_data: RunData) -> None:
    results = tuple(
        replace(r, record=r.record.model_copy(update={"outcome": Outcome.FAIL}))
        if r.record and r.expected.scenario == "glass_door_dim_light"
        else r
        for r in blind_data.results
    )
    found = next(
        r for r in reasons(replace(blind_data, results=results)) if r.title == "glass_door_dim_light"
    )
    assert "other scenarios" in found.reference
    assert found.differences[0].parameter == "lighting.lux"
    assert "60 of 60 failed" in found.summary


def test_every_decision_has_its_own_sign() -> None:
    from simgate.reports.html import mark

    assert len({mark(decision.value) for decision in Decision}) == 3
