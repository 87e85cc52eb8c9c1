"""The page with a crowd: 10,000 members in one group, in each mode; 100,000 where `IAMGRAPH_CROWD` says so."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

import pytest
from playwright.sync_api import Page, expect
from ulid import ULID

from iamgraph.access.access import found_store
from iamgraph.authorizer import Authorizer
from iamgraph.bulk.imports import Import, Importer
from tests.page.conftest import HOSTILE, Site

CROWD: Final = int(os.environ.get("IAMGRAPH_CROWD", "10000"))
LAST: Final = f"member:m{CROWD - 1:06}"
SVG: Final = "{http://www.w3.org/2000/svg}"
Opened = Callable[..., Page]
# Elements beyond these are more than one page of a list, of the table or of the picture.
MOST_ROWS: Final = 200
MOST_NODES: Final = 200


@pytest.fixture(scope="module")
def crowd(authorizer: Authorizer) -> Iterator[str]:
    """A store where a group of so many reads a workspace, and edits a source whose id is markup."""
    store = f"crowd-{ULID()}"
    found_store(authorizer, store)
    members = [f'"group:all#added@member:m{i:06}"\n' for i in range(CROWD)]
    members += [f'"workspace:acme#member@member:m{i:06}"\n' for i in range(CROWD)]
    rest = ["group:all#workspace@workspace:acme", "policy:p#group@group:all", "policy:p#workspace@workspace:acme"]
    rest += ["workspace:acme#source_admin@policy:p", f"{HOSTILE}#workspace@workspace:acme"]
    raw = "".join(members + [json.dumps(one) + "\n" for one in rest]).encode()
    steps = list(Importer(authorizer, io.BytesIO(raw), Import(store, by="hr", reason="all of them")).steps())
    assert [] == [one for step in steps for one in step.rejects]
    yield store
    authorizer.delete_store(store)


@pytest.fixture
def who(open_view: Opened, crowd: str) -> Callable[..., Page]:
    """Opens who is in the group, or another view of the crowd."""

    def opened(*, width: int = 1280, scheme: str = "light", **view: str) -> Page:
        asked = {"mode": "who", "object": "group:all", "relation": "member", "type": "member"} | view
        return open_view(width=width, scheme=scheme, store=crowd, **asked)

    return opened


def _counted(page: Page) -> None:
    """Wait until it is known how many there are."""
    page.wait_for_selector(f".verdict h2:text-is('{CROWD:,} members')")


def _few(page: Page) -> bool:
    """Whether no more is there than can be looked at."""
    rows, nodes = page.locator(".row, tbody tr").count(), page.locator("g.node").count()
    return rows <= MOST_ROWS and nodes <= MOST_NODES


def test_a_crowd_is_folded_and_counted(who: Opened) -> None:
    """All are counted, a hundred are proved, the rest is a chip that says how many, and the words say so too. How many
    seconds after an answer it was painted is told.
    """
    page = who()
    _counted(page)
    assert f"100 of {CROWD:,}" in page.inner_text(".notice")
    expect(page.locator("g.node.chip .name").filter(has_text=f"+{CROWD - 100:,}")).to_have_count(1)
    assert _few(page)
    page.evaluate("() => new Promise(done => setTimeout(done, 300))")
    script = "performance.getEntriesByType('measure').map(one => [one.name, one.duration / 1000])"
    painted = dict(page.evaluate(script))
    assert {"first paint", "count paint"} == painted.keys()
    print(f"\n{CROWD:,} members: " + ", ".join(f"{name} {seconds:.2f} s" for name, seconds in painted.items()))  # noqa: T201 - it is what a long run is for


def test_a_fold_opens_in_pages(who: Opened) -> None:
    """Each opening of the rest proves a hundred more, each opening of a fold draws fifty more, in place."""
    page = who()
    _counted(page)
    rest = page.locator("g.node.chip").filter(has_text=f"+{CROWD - 100:,}")
    rest.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(f"g.node.chip:has-text('+{CROWD - 200:,}')")
    assert f"200 of {CROWD:,}" in page.inner_text(".notice")
    before = page.locator("g.node").count()
    page.locator("g.node.chip").filter(has_text="+197").focus()
    page.keyboard.press("Enter")
    expect(page.locator("g.node")).to_have_count(before + 50)
    assert _few(page)


def test_a_crowd_by_keyboard_alone(who: Opened) -> None:
    """From the question to the last page of the list, to a row of it in the picture, without a pointer."""
    page = who()
    _counted(page)
    page.focus("[aria-label='Last page: what was found']")
    page.keyboard.press("Enter")
    last = page.locator(".row").last
    assert LAST.split(":")[1] == last.locator(".id").inner_text()
    last.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(f"g.node.proof:has-text('{LAST.split(':')[1]}')")
    assert _few(page)


def test_the_table_of_a_crowd(who: Opened) -> None:
    """The table has pages, is sorted as a whole, and goes to its end."""
    page = who(form="table", scheme="dark")
    _counted(page)
    assert MOST_ROWS == page.locator("tbody tr").count()
    page.click("th button:has-text('Subject')")
    page.click("th button:has-text('Subject')")
    page.wait_for_selector("th[aria-sort=descending]")
    assert LAST == page.locator("tbody th").first.inner_text()
    page.click("[aria-label='Last page: the table']")
    assert "member:m000000" == page.locator("tbody th").last.inner_text()


def test_a_crowd_is_taken_along(who: Opened) -> None:
    """The SVG parses and holds the proof; CSV and JSON have everybody."""
    page = who()
    _counted(page)
    root = ET.fromstring(_saved(page, "SVG"))
    assert [one for one in root.iter(f"{SVG}path") if "proof" in one.get("class", "")]
    assert f"+{CROWD - 100:,}" in {one.text for one in root.iter(f"{SVG}text")}
    assert CROWD == len(list(csv.DictReader(io.StringIO(_saved(page, "CSV").decode()))))
    (said,) = json.loads(_saved(page, "JSON"))["answer"]
    assert (CROWD, False) == (len(said["ids"]), said["more"])


def _saved(page: Page, kind: str) -> bytes:
    page.click("summary:has-text('Export')")
    with page.expect_download() as download:
        page.click(f".menu button:has-text('{kind}')")
    return Path(download.value.path()).read_bytes()


def test_one_of_a_crowd_is_found_and_explained(who: Opened, crowd: str, site: Site) -> None:
    """The search finds one who stands far down, the link holds the view, and why and what can say the same."""
    page = who(mode="why", subject="", relation="can_edit", object=HOSTILE)
    page.keyboard.press("/")
    page.keyboard.type(LAST)
    page.click(f".suggestions li:text-is('{LAST}')")
    page.wait_for_selector(".verdict.yes")
    assert "group:all" in page.inner_text(".sentence")
    page.click("#share")
    page.wait_for_selector("#share:has-text('no key')")
    assert re.search(rf"store=crowd-.*subject=member%3Am{CROWD - 1:06}", page.url)
    assert site.secret not in page.url
    page.goto(site.address(mode="what", store=crowd, subject=LAST, relation="can_edit", type="source"))
    page.wait_for_selector(".row .can:text-is('can_edit')")
    assert HOSTILE.split(":", 1)[1] in page.inner_text(".found")
    assert "iamgraph: who has access" == page.title()


def test_a_group_is_expanded_in_pages(who: Opened) -> None:
    """Expanding a group of many brings its first tuples and a chip for more, which brings the next."""
    page = who(mode="why", subject="member:m000000", relation="member", object="group:all")
    node = page.locator("g.node.end:has-text('all')")
    node.focus()
    page.keyboard.press("Enter")
    more = page.locator("g.node.chip").filter(has_text="+ more")
    more.first.wait_for()
    folded = page.locator("g.node.chip").filter(has_text="members").first
    before = folded.text_content()
    more.first.click()
    expect(folded).not_to_have_text(before or "")
    assert _few(page)
