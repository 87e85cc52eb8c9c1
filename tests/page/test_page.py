"""The page at `/`, in a real browser: each mode shows what the store holds, and nothing in the store can run."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

import pytest
from playwright.sync_api import Page, expect

from tests.page.conftest import CROWD, HOSTILE, Site
from tests.service.process import ROOT

# Fetched with the page's libraries, for tests only.
AXE: Final = ROOT / "build" / "page" / "node_modules" / "axe-core" / "axe.min.js"
Opened = Callable[..., Page]
WHY: Final = {"mode": "why", "subject": "member:bob", "relation": "can_edit", "object": "source:orders"}
DENIED: Final = WHY | {"object": "source:payments"}
WHO: Final = {"mode": "who", "relation": "can_edit", "object": "source:orders"}
WHAT: Final = {"mode": "what", "subject": "member:bob", "type": "source", "relation": "can_edit"}


def _names(page: Page) -> set[str]:
    """What is drawn, by type and name."""
    page.wait_for_selector("g.node")
    script = (
        "all => all.map(one => `${one.querySelector('.kind').textContent}:${one.querySelector('.name').textContent}`)"
    )
    return set(page.eval_on_selector_all("g.node", script))


def _saved(page: Page, kind: str) -> bytes:
    page.click("summary:has-text('Export')")
    with page.expect_download() as download:
        page.click(f".menu button:has-text('{kind}')")
    return Path(download.value.path()).read_bytes()


# --- the modes ---


def test_why_is_drawn_and_told(open_view: Opened) -> None:
    """An allowed question shows its verdict, its proof bold, and the same in words."""
    page = open_view(**WHY)
    assert "Allowed" == page.inner_text(".verdict h2")
    assert {"member:bob", "group:eng", "policy:eu-admins", "source:orders", "label:acme/region:eu"} <= _names(page)
    assert 0 < page.locator("path.edge.proof").count()
    assert "group:eng" in page.inner_text(".sentence")


def test_why_not_shows_both_ends(open_view: Opened) -> None:
    """A denied question says so, and draws no proof."""
    page = open_view(**DENIED)
    assert "Denied" == page.inner_text(".verdict h2")
    assert {"member:bob", "source:payments"} <= _names(page)
    assert 0 == page.locator("path.edge.proof").count()


def test_who_can(open_view: Opened) -> None:
    """Those who can are listed and drawn, and nobody else."""
    page = open_view(**WHO)
    assert ["member:ada", "member:bob", "member:cyd"] == sorted(page.locator(".row .id").evaluate_all(_FULL))
    assert {"member:ada", "member:bob", "member:cyd", "source:orders"} <= _names(page)
    assert "member:eve" not in _names(page)


_FULL: Final = "all => all.map(one => one.previousSibling.textContent + one.textContent)"


def test_what_can(open_view: Opened) -> None:
    """What a subject can reach is listed and drawn, and nothing else."""
    page = open_view(**WHAT)
    assert ["source:orders"] == page.locator(".row .id").evaluate_all(_FULL)
    assert {"member:bob", "source:orders"} <= _names(page)


def test_many_are_folded_and_unfold(open_view: Opened) -> None:
    """A crowd is one chip, which opens in place."""
    page = open_view(**WHO | {"relation": "can_read"})
    chip = page.locator("g.node.chip")
    chip.first.wait_for()
    before = page.locator("g.node").count()
    assert f"+{CROWD + 1 - 3}" == chip.locator(".name").first.text_content()
    chip.first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("g.node")).to_have_count(before - 1 + CROWD + 1 - 3)


def test_a_relation_that_is_not_there_is_no_empty_answer(open_view: Opened, site: Site) -> None:
    """What cannot be asked is told as a fault, never as nobody."""
    page = open_view(**WHO | {"relation": "can_fly"})
    assert "No answer" == page.inner_text(".verdict h2")
    page.wait_for_load_state("networkidle")  # each call that it made has failed
    assert {"400"} == {one for text in site.complaints for one in re.findall(r"\b400\b", text)}
    site.complaints.clear()


# --- moving about ---


def test_search_suggests_by_type_and_id(open_view: Opened) -> None:
    """`/` goes to the search; types come first, then ids of the type; the choice is asked."""
    page = open_view(mode="why")
    page.keyboard.press("/")
    page.keyboard.type("memb")
    page.click(".suggestions li:has-text('member:')")
    page.wait_for_selector(".suggestions li:has-text('member:cyd')")
    page.keyboard.type("bo")
    expect(page.locator(".suggestions:not([hidden]) li")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert "member:bob" == page.input_value("input >> nth=0")
    assert "subject=member%3Abob" in page.url


def test_expand_keeps_what_is_shown_and_collapses(open_view: Opened) -> None:
    """Enter brings a node's tuples in, the node stays where it is, and Enter again takes them out."""
    page = open_view(**WHY)
    before = _names(page)
    node = page.locator("g.node:has-text('eng')").first
    place = node.get_attribute("transform")
    node.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("g.node:has-text('cyd')")
    assert before < _names(page)
    page.wait_for_timeout(500)
    assert place == page.locator("g.node:has-text('eng')").first.get_attribute("transform")
    page.keyboard.press("Enter")
    page.wait_for_selector("g.node:has-text('cyd')", state="detached")
    assert before == _names(page)


def test_keyboard_alone(open_view: Opened) -> None:
    """Arrows walk along the proof, Space tells of a node, Esc closes, and back goes through the views."""
    page = open_view(**WHY)
    page.wait_for_selector("g.node")
    page.locator("g.node.end").first.focus()
    seen = [page.evaluate("document.activeElement.getAttribute('aria-label')")]
    page.keyboard.press("ArrowRight")
    seen.append(page.evaluate("document.activeElement.getAttribute('aria-label')"))
    assert seen[0].startswith("bob member, member:bob, ")
    assert seen[0] != seen[1]
    page.keyboard.press(" ")
    page.wait_for_selector("#side .tuples ul")
    page.keyboard.press("Escape")
    assert not page.is_visible("#side")
    page.keyboard.press("t")
    page.wait_for_selector("table")
    page.keyboard.press("Escape")
    page.wait_for_selector("svg.picture")
    page.keyboard.press("?")
    assert page.is_visible("dialog")


def test_the_other_questions_of_a_node(open_view: Opened) -> None:
    """A node leads to what it can, and back leads to where one was."""
    page = open_view(**WHY)
    page.locator("g.node.end").first.click()
    page.click("#side button:has-text('What can it?')")
    page.wait_for_selector(".modes a[aria-current]:has-text('What can')")
    page.go_back()
    page.wait_for_selector(".verdict.yes")
    assert "member:bob" == page.input_value("input >> nth=0")


# --- taking along ---


def test_svg_holds_the_proof(open_view: Opened) -> None:
    """The SVG parses, runs nothing, and has every node and bold edge of the proof."""
    page = open_view(**WHY)
    drawn = _names(page)
    root = ET.fromstring(_saved(page, "SVG"))
    texts = {one.text for one in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {name.split(":", 1)[1] for name in drawn} <= texts
    proving = [one for one in root.iter("{http://www.w3.org/2000/svg}path") if "proof" in one.get("class", "")]
    assert page.locator("path.edge.proof").count() == len(proving)
    assert not any(name.startswith("on") for one in root.iter() for name in one.attrib)


def test_png_json_and_csv(open_view: Opened) -> None:
    """The picture as PNG, the answer as JSON without the key, the tuples as CSV."""
    page = open_view(**WHY)
    page.wait_for_selector("g.node")
    assert _saved(page, "PNG").startswith(b"\x89PNG")
    said = json.loads(_saved(page, "JSON"))
    assert said["answer"]["allowed"] is True
    assert "iag_" not in json.dumps(said)
    rows = list(csv.DictReader(io.StringIO(_saved(page, "CSV").decode())))
    assert {"member:bob", "group:eng"} <= {one["Subject"] for one in rows}


def test_a_shared_link_holds_the_view_and_no_key(open_view: Opened, site: Site) -> None:
    """The address has all of the view; the key is in no address, markup or storage, and is asked for again."""
    page = open_view(**WHO | {"form": "table"})
    page.click("#share")
    page.wait_for_selector("#share:has-text('no key')")
    assert re.search(r"mode=who.*object=source%3Aorders.*form=table.*revision=\d+", page.url)
    kept = "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"
    everywhere = page.evaluate(f"[location.href, document.documentElement.outerHTML, {kept}].join()")
    assert site.secret not in everywhere
    page.goto("about:blank")
    page.go_back()
    page.reload()
    page.fill("#key", site.secret)
    page.keyboard.press("Enter")
    page.wait_for_selector("table th:has-text('member:ada')")


def test_the_calls_behind_it(open_view: Opened, site: Site) -> None:
    """The call is shown for curl, the command line and Cypher, without the key."""
    page = open_view(**WHY)
    page.wait_for_selector("g.node")
    page.click(".bar button:has-text('Call')")
    shown = page.inner_text("dialog")
    assert f"/v1/stores/{site.store}/" in shown
    assert f"iamgraph check member:bob can_edit source:orders --explain --store {site.store}" in shown
    assert "MATCH p0" in shown
    assert site.secret not in shown


# --- for everybody ---


@pytest.mark.parametrize("view", [WHY, WHO, WHAT], ids=["why", "who", "what"])
def test_the_table_says_the_same(open_view: Opened, view: dict[str, str]) -> None:
    """The table has a row for each thing found, and what is found is announced."""
    page = open_view(**view | {"form": "table"})
    page.wait_for_selector("tbody tr")
    listed = page.locator(".row").count() or page.locator(".proof-card .steps li").count()
    assert listed == page.locator("tbody tr").count()
    assert page.inner_text("#said").strip()
    # Ids of plain letters are told once, and no name of a column is broken.
    assert "\\u{" not in page.inner_text("table")
    assert 40 > page.eval_on_selector("thead tr", "one => one.clientHeight")


def test_dark(open_view: Opened) -> None:
    """The page is dark where the system is, and the switch turns it."""
    page = open_view(scheme="dark", **WHY)
    colour = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(colour)
    page.click("[aria-label='Dark or light']")
    assert dark != page.evaluate(colour)


def test_a_phone(open_view: Opened) -> None:
    """Nothing is wider than a phone."""
    page = open_view(width=390, **WHY)
    page.wait_for_selector("g.node")
    wide = "all => all.filter(one => one.getBoundingClientRect().right > 391).map(one => one.outerHTML.slice(0, 90))"
    assert [] == page.eval_on_selector_all("body :not(svg *)", wide)


def test_a_hostile_id_is_text(open_view: Opened) -> None:
    """An id that is markup is shown as it is, in the picture, the panel and the table, and runs nothing."""
    page = open_view(**WHY | {"subject": "member:ada", "relation": "can_read", "object": HOSTILE})
    page.wait_for_selector("g.node")
    page.locator("g.node.end").last.click()
    page.wait_for_selector("#side .tuples ul")
    assert HOSTILE.split(":", 1)[1] in page.inner_text("#side h2")
    page.keyboard.press("t")
    page.wait_for_selector("table")
    assert HOSTILE in page.inner_text("table")
    assert 0 == page.locator("main img[src='x']").count()
    assert "iamgraph: who has access" == page.title()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "view", [WHY, DENIED, WHO | {"at": "3"}, WHO | {"form": "table"}], ids=["why", "denied", "past", "table"]
)
def test_axe_finds_no_serious_fault(open_view: Opened, view: dict[str, str], scheme: str) -> None:
    """Names, roles and contrast are as axe wants them, in either colour."""
    page = open_view(scheme=scheme, **view)
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    serious = [one for one in found["violations"] if one["impact"] in ("serious", "critical")]
    assert [] == [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in serious]
