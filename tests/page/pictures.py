"""The README's pictures of the page, made anew: `python -m tests.page.pictures URL KEY [FOLDER]` on a running demo."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from playwright.sync_api import sync_playwright

from tests.page.conftest import FLAGS, chromium

ORDERS: Final = {"relation": "can_edit", "object": "source:orders"}
# Each picture: its view, and how the browser is.
PICTURES: Final[dict[str, tuple[dict[str, str], dict[str, Any]]]] = {
    "who": ({"mode": "who", **ORDERS, "type": "member"}, {}),
    "what": ({"mode": "what", "subject": "member:bob", "type": "source"}, {}),
    "why": ({"mode": "why", "subject": "member:bob", **ORDERS}, {}),
    "why-not": ({"mode": "why", "subject": "member:bob", **ORDERS, "object": "source:payments"}, {}),
    "past": ({"mode": "who", **ORDERS, "type": "member", "changed": "1"}, {}),
    "dark": ({"mode": "why", "subject": "member:bob", **ORDERS}, {"color_scheme": "dark"}),
    "phone": ({"mode": "why", "subject": "member:bob", **ORDERS}, {"viewport": {"width": 390, "height": 844}}),
}


def main(url: str, key: str, folder: str = "docs") -> None:
    """Make each picture; the key is typed as a person types it."""
    then = _change(url, key)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        for name, (view, how) in PICTURES.items():
            context = browser.new_context(**{"viewport": {"width": 1280, "height": 760}, **how})
            page = context.new_page()
            page.goto(f"{url}/#{urlencode(view | ({'at': str(then)} if name == 'past' else {}))}")
            page.fill("#key", key)
            page.keyboard.press("Enter")
            page.wait_for_selector("g.node, .verdict.fault")
            if page.is_visible(".verdict.fault"):
                page.click(".verdict.fault button")
            page.wait_for_selector("g.node")
            page.wait_for_selector("#when-said:has-text('Revision'), #past[hidden]", state="attached")
            page.wait_for_timeout(1500)
            page.screenshot(path=Path(folder) / f"page-{name}.png", full_page=name == "phone")
            context.close()


def _change(url: str, key: str) -> int:
    """Something to look back at: two changes of a group; the revision after the first."""
    made = []
    for side, other, reason in (
        ("writes", "deletes", "Bob and Cyd are both on call"),
        ("deletes", "writes", "Cyd has moved to Finance"),
    ):
        tuples = {side: [{"object": "group:eng", "relation": "added", "subject": "member:cyd"}], other: []}
        body = json.dumps({**tuples, "by": "ada", "reason": reason}).encode()
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        made.append(json.load(urlopen(Request(f"{url}/v1/stores/demo/tuples/write", body, headers))))
    return int(made[0]["revision"])


if __name__ == "__main__":
    main(*sys.argv[1:])
