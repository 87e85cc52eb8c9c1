"""The workspace's tables on the page: read, found in, and acted on as an owner; refused in words to who is none."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from ulid import ULID

from iamgraph.access.access import Access, found_store
from iamgraph.access.words import Caller
from iamgraph.authorizer import Authorizer
from iamgraph.demo.company import fill
from iamgraph.questions import Scope
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.store.neo4j import Neo4jServer
from tests.made_keys import end_key, make_key
from tests.page.conftest import PATIENCE_MS
from tests.page.test_page import AXE
from tests.service.client import Client
from tests.service.process import serving

HOSTILE: Final = "<img/src=x onerror=document.title='owned'>"
ROWS: Final = {
    "members": "bob@acme.example",
    "groups": "Engineering",
    "policies": "source_admin",
    "labels": "region:eu",
    "resources": "source:orders",
    "tokens": "nightly",
    "invites": "fay@acme.example",
    "requests": "May I edit orders?",
    "audit": "access_request.create",
}


@dataclass(frozen=True, slots=True)
class Office:
    """A service of the demo's workspaces, and the secrets of who comes to it."""

    url: str
    client: Client
    key: str
    owner: str
    member: str
    reader: str

    def listed(self, what: str) -> list[dict[str, Any]]:
        """What the service lists in acme."""
        (found,) = [
            one for one in self.client.get(f"/v1/workspaces/acme/{what}").json.values() if isinstance(one, list)
        ]
        return found


@pytest.fixture(scope="module")
def office(
    server: Neo4jServer, keeper: Neo4jKeeper, authorizer: Authorizer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    """The demo's workspaces, with an invite, a token, a request and a hostile name, behind a service."""
    store = f"tables-{ULID()}"
    found_store(authorizer, store)
    access = Access.by(Caller(None, "demo"), authorizer, keeper, store).saying("the demo")
    fill(access)
    access.groups("acme").create(HOSTILE, id_="hostile")
    access.tokens("acme").create("nightly")
    access.invites("acme").create("fay@acme.example")
    key, secret = make_key(keeper, "table tests")
    reading, reader = make_key(keeper, "table reader", (Scope.READ, Scope.CHECK))
    with (
        serving(server, tmp_path_factory.mktemp("tables"), store=store) as running,
        Client(running.port, secret) as client,
    ):
        owner, member = (client.post("/v1/sessions", {"member": one}).json["secret"] for one in ("ada", "bob"))
        with Client(running.port, member) as asking:
            assert 201 == asking.post("/v1/workspaces/acme/access-requests", {"text": "May I edit orders?"}).status
        yield Office(f"http://127.0.0.1:{running.port}", client, secret, owner, member, reader)
    end_key(keeper, key)
    end_key(keeper, reading)
    authorizer.delete_store(store)


Opened = Callable[..., Page]
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture
def at(browser: Browser, office: Office) -> Iterator[Opened]:
    """Opens a table in a browser of its own; nothing it does may break the page's policy."""
    contexts, complaints = [], []

    def opened(table: str, secret: str | None = None, *, width: int = 1280, scheme: Any = "light") -> Page:
        context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.on("pageerror", lambda fault: complaints.append(str(fault)))
        page.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
        page.goto(f"{office.url}/#mode=workspace&workspace=acme&table={table}")
        page.fill("#key", secret or office.owner)
        page.keyboard.press("Enter")
        page.wait_for_selector(".grid table, .desk .verdict, .grid .nothing")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert [] == complaints


def _row(page: Page, text: str) -> Any:
    return page.locator(".grid tbody tr", has_text=text).first


def _begin(page: Page, row: str, act: str) -> None:
    _row(page, row).locator(".menu summary").click()
    _row(page, row).locator(f".menu button:text-is('{act}')").click()
    page.wait_for_selector("dialog form")


def _make(page: Page, **fields: str) -> None:
    page.click("#make")
    page.wait_for_selector("dialog form")
    _enter(page, **fields)


def _enter(page: Page, **fields: str) -> None:
    for name, value in fields.items():
        field = page.locator(f"dialog [name={name}]")
        if field.evaluate("one => one.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)


def _send(page: Page) -> None:
    page.click("dialog .ends button >> nth=0")
    page.wait_for_selector("dialog", state="detached")


def test_an_owner_reads_every_table(at: Opened) -> None:
    """Each table has its rows, counts them, and finds by text; back leads to the one before."""
    page = at("members")
    for name, text in ROWS.items():
        page.click(f".tabs a[href*='table={name}']" if name != "members" else ".tabs a >> nth=0")
        expect(_row(page, text)).to_be_visible()
    page.go_back()
    expect(_row(page, ROWS["requests"])).to_be_visible()


def test_fields_suggest_what_there_is(at: Opened, office: Office) -> None:
    """A field names what can be chosen, completes the last of several, and what was done is told above the table."""
    page = at("policies")
    _make(page, role="source_reader", reason="they ask often")
    page.locator("dialog [name=holders]").press_sequentially("member:e")
    page.click(".suggestions li:text-is('member:eve')")
    page.locator("dialog [name=holders]").press_sequentially(", group:sup")
    page.click(".suggestions li:text-is('member:eve, group:support')")
    page.keyboard.press("Tab")
    expect(page.locator("dialog pre")).to_contain_text("--holder member:eve --holder group:support --reason")
    _send(page)
    expect(page.locator("#done")).to_contain_text("done, at revision")
    held = [one["holders"] for one in office.listed("policies") if one["role"] == "source_reader"]
    assert ["group:support", "member:eve"] in [sorted(one) for one in held]


def test_an_owner_s_session_and_a_key_for_pictures_stand_side_by_side(at: Opened, office: Office) -> None:
    """A row leads to its picture, which asks for a key of its own; back, the owner's session still opens the tables."""
    page = at("labels")
    _row(page, "region:eu").locator("a:text-is('What carries it?')").click()
    page.wait_for_selector("dialog p:has-text('takes an API key')")
    page.fill("#key", office.reader)
    page.keyboard.press("Enter")
    expect(page.locator(".verdict h2")).to_contain_text("2 sources")
    page.click(".modes a:text-is('Workspace')")
    expect(_row(page, "region:eu")).to_be_visible()
    everywhere = page.url + page.content()
    assert [] == [one for one in (office.reader, office.owner) if one in everywhere]


def test_which_lines_of_the_trail_stand_in_the_address(at: Opened) -> None:
    """The service's own filters are asked, a link holds them, and back takes them away."""
    page = at("audit")
    before = page.locator(".grid tbody tr").count()
    page.fill(".trail [name=action]", "token.create")
    page.keyboard.press("Enter")
    expect(page.locator(".grid tbody tr")).to_have_count(1)
    assert "action=token.create" in page.url
    page.go_back()
    expect(page.locator(".grid tbody tr")).to_have_count(before)


def test_find_and_sort(at: Opened) -> None:
    """A text leaves the rows that have it, a header puts them in order, and both stand in the address."""
    page = at("members")
    page.click("thead button:text-is('Member')")
    page.click("thead button:text-is('Member')")
    assert page.inner_text("tbody tr >> nth=0").startswith("Eve")
    assert "Member" == page.evaluate("document.activeElement.textContent")
    page.fill("#find", "cyd")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.keyboard.press("Enter")
    assert "1 of 4 members" == page.inner_text("#counted")
    assert "find=cyd" in page.url
    assert "ia" + "s_" not in page.url


def test_the_first_of_many_are_there_while_the_rest_is_read(at: Opened) -> None:
    """Of several pages the first is shown at once, without acts; what is typed meanwhile is kept to the end."""
    page = at("labels")
    waiting: list[Route] = []
    page.route(re.compile("/groups[?]"), lambda one: waiting.append(one))  # noqa: PLW0108 - Playwright marks what it calls
    # So that a few members are more than a page: the service answers as asked.
    page.route(
        re.compile("/members[?]"), lambda one: one.continue_(url=one.request.url.replace("limit=1000", "limit=2"))
    )
    page.click(".tabs a:text-is('Members')")
    expect(page.locator(".grid tbody tr")).to_have_count(2)
    expect(page.locator("#reading")).to_contain_text("so far")
    assert 0 == page.locator(".grid .menu").count()
    page.fill("#find", "cyd")
    page.unroute(re.compile("/groups[?]"))
    for one in waiting:
        one.continue_()
    expect(_row(page, "cyd@acme.example").locator(".menu")).to_have_count(1)
    expect(page.locator(".grid tbody tr")).to_have_count(1)
    assert ("find", "cyd") == tuple(page.evaluate("[document.activeElement.id, document.activeElement.value]"))


def test_a_member_and_a_reading_key_are_refused_in_words(at: Opened, office: Office) -> None:
    """Who is no owner sees which relation or scope is missing, and no table."""
    page = at("members", office.member)
    assert "can_manage_access" in page.inner_text(".verdict.fault")
    assert "scope admin" in at("members", office.reader).inner_text(".verdict.fault")


def test_members_are_added_made_owners_and_removed(at: Opened, office: Office) -> None:
    """What would be lost is shown before a removal, the change is seen in the table, and the reason is kept."""
    page = at("members", office.key)
    _make(page, email="gil@acme.example", name="Gil", reason="a new colleague")
    expect(page.locator("dialog pre")).to_contain_text("iamgraph member add acme gil@acme.example --name Gil")
    _send(page)
    _begin(page, "gil@acme.example", "Make owner")
    _send(page)
    expect(_row(page, "gil@acme.example")).to_contain_text("owner")
    _begin(page, "eve@acme.example", "Remove")
    expect(page.locator(".lost")).to_contain_text("can_edit source:sandbox")
    expect(page.locator(".lost")).to_contain_text("group Support")
    _send(page)
    expect(_row(page, "eve@acme.example")).to_have_count(0)
    assert {"owner"} == {one["role"] for one in office.listed("members") if one["name"] == "Gil"}
    assert "a new colleague" in {one.get("reason") for one in office.listed("audit")}


def test_groups_policies_and_labels(at: Opened, office: Office) -> None:
    """Members come into groups and leave, policies are given and taken, labels are attached and detached."""
    page = at("groups")
    _begin(page, "Engineering", "Add members")
    _enter(page, members="ada")
    _send(page)
    _begin(page, "Engineering", "Take a member out")
    _enter(page, member="cyd")
    expect(page.locator(".lost")).to_contain_text("policy source_admin")
    _send(page)
    assert ["ada", "bob"] == office.client.get("/v1/workspaces/acme/groups/eng").json["members"]
    _begin(page, "Engineering", "Give a policy")
    _enter(page, role="warehouse_reader")
    _send(page)
    page.click(".tabs a >> nth=2")
    _begin(page, "lake-admin", "Take from a holder")
    _send(page)
    held = {one["role"]: one["holders"] for one in office.listed("policies")}
    assert (["group:eng"], []) == (held["warehouse_reader"], held["warehouse_admin"])
    page.click(".tabs a >> nth=4")
    _begin(page, "source:payments", "Attach labels")
    _enter(page, labels="region:us")
    _send(page)
    _begin(page, "source:payments", "Detach a label")
    _enter(page, label="environment:prod")
    _send(page)
    assert ["region:us"] == office.client.get("/v1/workspaces/acme/resources/source:payments").json["labels"]


def test_secrets_are_told_once_and_requests_decided(at: Opened, office: Office) -> None:
    """A token's and an invite's secret are shown once; a token is revoked; a request is approved with a policy."""
    page = at("tokens")
    _make(page, description="weekly", role="source_reader")
    page.click("dialog .ends button >> nth=0")
    assert page.inner_text("#secret").startswith("iat_")
    page.click("dialog button:text-is('Done')")
    assert "iat_" not in page.inner_text("body")
    _begin(page, "nightly", "Revoke")
    _send(page)
    assert {"weekly"} == {one["description"] for one in office.listed("tokens")}
    page.click(".tabs a >> nth=6")
    _make(page, email="hob@acme.example", groups="eng")
    page.click("dialog .ends button >> nth=0")
    assert page.inner_text("#secret").startswith("iai_")
    page.click("dialog button:text-is('Done')")
    page.click(".tabs a >> nth=7")
    _begin(page, "May I edit orders?", "Approve")
    _enter(page, role="source_admin", on="orders")
    _send(page)
    expect(page.locator(".grid .nothing")).to_be_visible()
    assert ["member:bob"] in [one["holders"] for one in office.listed("policies") if one["resources"] == ["orders"]]


def test_a_refusal_stands_in_place(at: Opened) -> None:
    """What the service refuses is told in the dialog, which stays."""
    page = at("labels")
    _begin(page, "region:eu", "Delete")
    page.click("dialog .ends button >> nth=0")
    expect(page.locator("dialog [role=alert]")).to_contain_text("Refused")


def test_hostile_names_and_the_keyboard(at: Opened, office: Office) -> None:
    """A name that is markup is text everywhere; a group is made by keys alone."""
    page = at("groups", width=390)
    expect(_row(page, HOSTILE)).to_be_visible()
    assert 0 == page.locator("#desk img").count()
    page.focus("#make")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog form")
    page.keyboard.type("By keys")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog", state="detached")
    assert "By keys" in {one["name"] for one in office.listed("groups")}
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert "owned" != page.title()


def test_what_is_given_is_taken_back(at: Opened, office: Office) -> None:
    """Personal data is opened and hidden; a group, a policy, an invite and a request end, in the table and in truth."""
    page = at("members", office.key)
    for act, seen in (("Let see personal data", "sees it"), ("Hide personal data", "masked")):
        _begin(page, "bob@acme.example", act)
        _send(page)
        expect(_row(page, "bob@acme.example")).to_contain_text(seen)
    office.client.post("/v1/workspaces/acme/groups", {"name": "For a week", "id": "week"})
    office.client.post("/v1/workspaces/acme/policies", {"role": "privacy_admin", "holders": ["group:week"]})
    office.client.post("/v1/workspaces/acme/invites", {"email": "ivy@acme.example"})
    with Client(office.client.port, office.member) as asking:
        assert 201 == asking.post("/v1/workspaces/acme/access-requests", {"text": "And payments?"}).status
    for tab, row, act in (
        ("Policies", "privacy_admin", "Delete"),
        ("Groups", "For a week", "Delete"),
        ("Invites", "ivy@acme.example", "Revoke"),
        ("Requests", "And payments?", "Dismiss"),
    ):
        page.click(f".tabs a:text-is('{tab}')")
        _begin(page, row, act)
        _send(page)
        expect(page.locator("#done")).to_contain_text(f"{act}: done")
        expect(page.locator(".grid tbody tr", has_text=row)).to_have_count(0)
    left = json.dumps([office.listed(one) for one in ("groups", "policies", "invites", "access-requests")])
    assert [] == [one for one in ("For a week", "privacy_admin", "ivy@acme.example", "And payments?") if one in left]


def test_the_trail_is_read_on_and_taken_along(at: Opened, office: Office) -> None:
    """Older lines follow those that are there, each once; both exports hold the trail as the service tells it."""
    page = at("labels")
    # So that a few lines are a page: the service answers as asked.
    page.route(re.compile("/audit[?]"), lambda one: one.continue_(url=one.request.url.replace("limit=1000", "limit=2")))
    page.click(".tabs a:text-is('Audit')")
    lines = page.locator(".grid tbody tr")
    expect(lines).to_have_count(2)
    expect(page.locator("#counted")).to_contain_text("the newest")
    page.click("button:text-is('Older lines')")
    expect(lines).to_have_count(4)
    trail = office.listed("audit")
    assert [one["action"] for one in trail[:4]] == page.locator(".grid td[data-name=What]").all_inner_texts()
    for kind, read in (("CSV", lambda text: list(csv.DictReader(text.splitlines()))), ("JSONL", _lines)):
        with page.expect_download() as download:
            page.click(f".desk-acts button:text-is('{kind}')")
        rows = read(Path(download.value.path()).read_text())
        assert sorted(one["action"] for one in trail) == sorted(one["action"] for one in rows if "action" in one)


def _lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(one) for one in text.splitlines()]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_fault(at: Opened, scheme: str) -> None:
    """Names, roles and contrast of every table and of a dialog are as axe wants them."""
    page = at("members", scheme=scheme)
    page.evaluate(AXE.read_text())
    _begin(page, "bob@acme.example", "Remove")
    page.wait_for_selector(".lost ul")
    _no_serious_fault(page, "document")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    _no_serious_fault(page, "document")
    for tab in ("Groups", "Policies", "Labels", "Resources", "Tokens", "Invites", "Requests", "Audit"):
        page.click(f".tabs a:text-is('{tab}')")
        page.wait_for_selector(f".tabs a[aria-current]:text-is('{tab}')")
        page.wait_for_selector(".grid table, .grid .nothing")
        _no_serious_fault(page, "'#desk'")


def _no_serious_fault(page: Page, part: str) -> None:
    found = page.evaluate(f"axe.run({part}, {{resultTypes: ['violations']}})")
    serious = [one for one in found["violations"] if one["impact"] in ("serious", "critical")]
    assert [] == [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in serious]
