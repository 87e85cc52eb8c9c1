"""The slider: the page shows access as it was, who changed it when and why, and what changed since."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Final

import pytest
from playwright.sync_api import Page
from ulid import ULID

from iamgraph.access.access import found_store
from iamgraph.authorizer import Authorizer
from iamgraph.questions import WriteRequest
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.tuples import parse_tuple
from tests.page.conftest import Site

Opened = Callable[..., Page]
BOB: Final = "group:eng#added@member:bob"
EVE: Final = "group:eng#added@member:eve"
GROUND: Final = (
    "workspace:acme#member@member:bob",
    "workspace:acme#member@member:eve",
    "group:eng#workspace@workspace:acme",
    "policy:p#workspace@workspace:acme",
    "policy:p#group@group:eng",
    "workspace:acme#source_admin@policy:p",
    "source:orders#workspace@workspace:acme",
)
WHO: Final = {"mode": "who", "relation": "can_edit", "object": "source:orders", "type": "member"}
WHY: Final = {"mode": "why", "subject": "member:bob", "relation": "can_edit", "object": "source:orders"}
WHAT: Final = {"mode": "what", "subject": "member:bob", "relation": "can_edit", "type": "source"}


@pytest.fixture(scope="module")
def past(authorizer: Authorizer) -> Iterator[tuple[str, int]]:
    """A store where bob could edit the orders, and eve can; and the revision at which bob could."""
    store = f"past-{ULID()}"
    found_store(authorizer, store)
    _write(authorizer, store, GROUND, reason="the beginning")
    then = _write(authorizer, store, (BOB,), by="ada", reason="bob joins <b>the team</b>")
    _write(authorizer, store, (EVE,), (BOB,), by="cyd", reason="eve takes over")
    yield store, then
    authorizer.delete_store(store)


def _write(
    authorizer: Authorizer, store: str, writes: tuple[str, ...], deletes: tuple[str, ...] = (), **said: str
) -> int:
    request = WriteRequest(store, tuple(map(parse_tuple, writes)), tuple(map(parse_tuple, deletes)), **said)  # type: ignore[arg-type]  # the rest is text
    return authorizer.write(request).number


def _names(page: Page) -> list[str]:
    page.wait_for_selector(".row, .verdict h2:text-is('Nobody')")
    return [str(one) for one in page.locator(".row .id").all_inner_texts()]


def test_the_slider_goes_to_the_past_and_back(open_view: Opened, past: tuple[str, int]) -> None:
    """One step of the slider asks as of the revision before, with who made it when and why; `now` leads back."""
    store, then = past
    page = open_view(store=store, **WHO)
    assert ["eve"] == _names(page)
    page.wait_for_selector("#when-said:has-text('by cyd')")
    assert "eve takes over" in page.inner_text("#when-said")
    page.focus("#when")
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector(".row .id:text-is('bob')")
    assert ["bob"] == _names(page)
    said = page.inner_text("#when-said")
    assert f"Revision {then}" in said
    assert "by ada" in said
    assert "bob joins <b>the team</b>" in said
    assert f"at={then}" in page.url
    page.click("#now")
    page.wait_for_selector(".row .id:text-is('eve')")
    assert "at=" not in page.url


def test_what_changed_since_then(open_view: Opened, past: tuple[str, int]) -> None:
    """Who gained and lost since the revision looked at, told on demand and kept in the link."""
    store, then = past
    page = open_view(store=store, at=str(then), **WHO)
    page.click("#since summary")
    page.wait_for_selector("#since .gained:has-text('member:eve')")
    page.wait_for_selector("#since .lost:has-text('member:bob')")
    assert "changed=1" in page.url
    page = open_view(store=store, at=str(then), changed="1", **WHAT)
    page.wait_for_selector("#since .lost:has-text('source:orders')")


def test_why_and_what_of_the_past(open_view: Opened, past: tuple[str, int]) -> None:
    """A link to a revision proves what was true then, in words and picture, and lists what could be reached."""
    store, then = past
    page = open_view(store=store, at=str(then), **WHY)
    assert "Allowed" == page.inner_text(".verdict h2")
    assert 0 < page.locator("path.edge.proof").count()
    page = open_view(store=store, **WHY)
    assert "Denied" == page.inner_text(".verdict h2")
    page = open_view(store=store, at=str(then), **WHAT)
    assert ["orders"] == _names(page)
    page = open_view(store=store, at=str(then), **WHAT | {"relation": ""})
    assert "Choose first" == page.inner_text(".verdict h2")


def test_a_revision_no_longer_kept(open_view: Opened, authorizer: Authorizer, keeper: Neo4jKeeper, site: Site) -> None:
    """What was forgotten is told in the service's words, and the slider begins where remembering does."""
    store = f"trimmed-{ULID()}"
    found_store(authorizer, store)
    _write(authorizer, store, GROUND)
    kept = _write(authorizer, store, (BOB,))
    assert kept == keeper.trim(store, datetime.now(UTC))
    last = _write(authorizer, store, (EVE,))
    page = open_view(store=store, at="1", **WHO)
    assert "No answer" == page.inner_text(".verdict h2")
    assert "no longer kept" in page.inner_text(".verdict")
    page.click("#now")
    page.wait_for_selector(".row")
    assert (str(kept), str(last)) == (page.get_attribute("#when", "min"), page.get_attribute("#when", "max"))
    authorizer.delete_store(store)
    assert {True} == {"410" in one for one in site.complaints}
    site.complaints.clear()
