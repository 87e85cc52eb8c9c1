"""What the page's tests share: the demo's workspaces in a store of their own, a service, a real Chromium."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright
from ulid import ULID

from iamgraph.access.access import Access, found_store
from iamgraph.access.words import Caller
from iamgraph.authorizer import Authorizer
from iamgraph.demo.company import fill
from iamgraph.questions import WriteRequest
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.store.neo4j import Neo4jServer
from iamgraph.tuples import parse_tuple
from tests.made_keys import end_key, make_key
from tests.service.process import serving

# Ids that would run if they were ever markup, and many of a kind.
HOSTILE: Final = "source:<img/src=x/onerror=document.title='owned'>"
CROWD: Final = 40
FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# Neo4j plans what it has never seen, on a machine that does other things too.
PATIENCE_MS: Final = 60_000


@dataclass
class Site:
    """The service as the page's tests see it, and what the browser complained of."""

    url: str
    store: str
    secret: str
    complaints: list[str] = field(default_factory=list)

    def address(self, **view: str) -> str:
        """The address of a view."""
        return f"{self.url}/#{urlencode(view)}"


def chromium() -> str:
    """Where the browser is."""
    path = os.environ.get("IAMGRAPH_CHROMIUM") or shutil.which("chromium")
    assert path, "the page's tests need a Chromium: install Debian's `chromium`, or name one in IAMGRAPH_CHROMIUM"
    return path


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A Chromium: the one `IAMGRAPH_CHROMIUM` names, else the machine's."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def site(
    server: Neo4jServer, keeper: Neo4jKeeper, authorizer: Authorizer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """The demo's workspaces, a hostile source, and a group of many, behind a service."""
    store = f"page-{ULID()}"
    found_store(authorizer, store)
    fill(Access.by(Caller(None, "demo"), authorizer, keeper, store).saying("the demo"))
    authorizer.write(WriteRequest(store, tuple(map(parse_tuple, _more()))))
    key, secret = make_key(keeper, "page tests")
    with serving(server, tmp_path_factory.mktemp("page"), store=store) as running:
        yield Site(f"http://127.0.0.1:{running.port}", store, secret)
    end_key(keeper, key)
    authorizer.delete_store(store)


def _more() -> Iterator[str]:
    yield f"{HOSTILE}#workspace@workspace:acme"
    for i in range(CROWD):
        yield f"workspace:acme#member@member:m{i:02}"
        yield f"group:support#added@member:m{i:02}"


@pytest.fixture
def open_view(browser: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    """Opens a view in a browser of its own, with the key; nothing it does may break the page's policy."""
    site.complaints.clear()
    contexts = []

    def opened(*, width: int = 1280, scheme: Any = "light", **view: str) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 844}, color_scheme=scheme, permissions=["clipboard-read"]
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.on("console", lambda said: _complain(site, said))
        page.on("pageerror", lambda fault: site.complaints.append(str(fault)))
        page.goto(site.address(**view))
        page.fill("#key", site.secret)
        page.keyboard.press("Enter")
        page.wait_for_selector("body[data-answers]")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert [] == site.complaints


def _complain(site: Site, said: ConsoleMessage) -> None:
    # A route that this service lacks is a 404 the page looks past.
    if said.type == "error" and "404" not in said.text:
        site.complaints.append(said.text)
