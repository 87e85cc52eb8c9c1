"""What the page owes to everybody: wildcards, names cut short, no keys, calm, contrast, narrow and usual screens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page
from ulid import ULID

from iamgraph.authorizer import Authorizer
from iamgraph.questions import WriteRequest
from iamgraph.store.neo4j import Neo4jServer
from iamgraph.tuples import parse_tuple
from tests.page.conftest import Site
from tests.service.process import serving

Opened = Callable[..., Page]
LONG: Final = "a-page-with-a-name-that-is-longer-than-a-card"
MODEL: Final = """model
  schema 1.1
type user
type page
  relations
    define banned: [user]
    define viewer: [user, user:*]
    define can_view: viewer but not banned
"""
WIDTHS: Final = (390, 1280)
WHY: Final = {"mode": "why", "subject": "member:bob", "relation": "can_edit", "object": "source:orders"}
# The contrast of each text of the picture with what is behind it: its card, or the ground.
CONTRAST: Final = """() => {
  const light = (text) => {
    const parts = text.match(/[\\d.]+/g).slice(0, 3).map((one) => one / 255);
    const [r, g, b] = parts.map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const mixed = (text, ground, part) => {
    const [a, b] = [text, ground].map((one) => one.match(/[\\d.]+/g).slice(0, 3).map(Number));
    return `rgb(${a.map((one, i) => one * part + b[i] * (1 - part))})`;
  };
  const ground = getComputedStyle(document.getElementById("stage")).backgroundColor;
  return [...document.querySelectorAll("svg.picture text")].map((one) => {
    const card = one.parentElement.querySelector("rect.card");
    const behind = card ? getComputedStyle(card).fill : ground;
    const part = Number(getComputedStyle(one).opacity) * Number(getComputedStyle(one.parentElement).opacity);
    const back = mixed(behind, ground, Number(getComputedStyle(one.parentElement).opacity));
    const [a, b] = [mixed(getComputedStyle(one).fill, back, part), back].map(light).sort((x, y) => y - x);
    return [one.textContent, (a + 0.05) / (b + 0.05)];
  });
}"""


@pytest.fixture(scope="module")
def wiki(authorizer: Authorizer) -> Iterator[str]:
    """A page that everybody may view, except two."""
    store = f"wiki-{ULID()}"
    authorizer.create_store(store)
    authorizer.write_model(store, MODEL)
    tuples = [f"page:{LONG}#viewer@user:*", f"page:{LONG}#banned@user:eve", f"page:{LONG}#banned@user:mal"]
    authorizer.write(WriteRequest(store, tuple(map(parse_tuple, tuples))))
    yield store
    authorizer.delete_store(store)


def test_everyone_except_some(open_view: Opened, wiki: str) -> None:
    """A wildcard is told as everyone, with those who may not, and drawn as one node."""
    page = open_view(store=wiki, mode="who", object=f"page:{LONG}", relation="can_view")
    assert "Every user" == page.inner_text(".verdict h2")
    assert page.inner_text(".verdict p").endswith(", except user:eve, user:mal")
    page.wait_for_selector("g.node:has-text('every user')")


def test_a_name_cut_short_is_told_whole(open_view: Opened, wiki: str) -> None:
    """A card shortens a long name, and its tooltip has all of it."""
    page = open_view(store=wiki, mode="who", object=f"page:{LONG}", relation="can_view")
    card = page.locator("g.node.end")
    assert card.locator(".name").text_content() == f"{LONG[:25]}…"
    assert card.locator("title").text_content() == f"page:{LONG}"


def test_without_keys(browser: Browser, server: Neo4jServer, wiki: str, tmp_path: Path) -> None:
    """A service without keys is looked at at once: no key is asked for, none is sent."""
    with serving(server, tmp_path, store=wiki, no_auth="true", workers="1") as running:
        context = browser.new_context()
        page = context.new_page()
        sent: list[dict[str, str]] = []
        page.on("request", lambda one: sent.append(one.headers))
        address = f"http://127.0.0.1:{running.port}"
        page.goto(Site(address, wiki, "").address(mode="who", object=f"page:{LONG}", relation="can_view", store=wiki))
        page.wait_for_selector(".verdict h2:text-is('Every user')", timeout=60_000)
        assert 0 == page.locator("dialog").count()
        assert [] == [one for one in sent if "authorization" in one]
        context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_inside_the_picture(open_view: Opened, scheme: str) -> None:
    """Every text of the picture can be read in either colour, what is dimmed by a proof too."""
    page = open_view(scheme=scheme, **WHY | {"mode": "who", "subject": ""})
    page.wait_for_selector("path.edge.proof")
    found: list[tuple[str, float]] = page.evaluate(CONTRAST)
    assert found
    assert [] == [(text, round(ratio, 2)) for text, ratio in found if ratio < MIN_CONTRAST]


MIN_CONTRAST: Final = 4.5


def test_calm(browser: Browser, site: Site) -> None:
    """Who wants less motion gets none: an expanded picture stands at once."""
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(site.address(**WHY))
    page.fill("#key", site.secret)
    page.keyboard.press("Enter")
    page.wait_for_selector("g.node")
    page.locator("g.node:has-text('eng')").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("g.node:has-text('cyd')")
    script = "all => all.map(one => one.getAttribute('transform'))"
    first = page.eval_on_selector_all("g.node", script)
    page.wait_for_timeout(400)
    assert first == page.eval_on_selector_all("g.node", script)
    context.close()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("view", [{"form": "table"}, {"mode": "who", "subject": ""}], ids=["table", "who"])
def test_nothing_is_wider_than_the_screen(open_view: Opened, width: int, view: dict[str, Any]) -> None:
    """On a phone and on a usual screen nothing sticks out, and what is selected fits as well."""
    page = open_view(width=width, **WHY | view)
    if "form" not in view:
        page.locator("g.node.end").first.focus()
        page.keyboard.press(" ")
        page.wait_for_selector("#side .tuples ul")
    wide = "(all, width) => all.filter(one => one.getBoundingClientRect().right > width).map(one => one.outerHTML)"
    assert [] == page.eval_on_selector_all("body :not(svg *)", wide, width + 1)
