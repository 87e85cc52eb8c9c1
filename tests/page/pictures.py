"""The README's pictures of the page, made anew: `python -m tests.page.pictures URL KEY [FOLDER]` on a running demo."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from playwright.sync_api import sync_playwright

from tests.page.conftest import FLAGS, chromium

ORDERS: Final = {"relation": "can_edit", "object": "source:orders"}
# Each picture: its view, and how the browser is.
PICTURES: Final[dict[str, tuple[dict[str, str], dict[str, Any]]]] = {
    "who": ({"mode": "who", **ORDERS, "type": "member"}, {}),
    "what": ({"mode": "what", "subject": "member:bob", "type": "source"}, {}),
    "why": ({"mode": "why", "subject": "member:bob", **ORDERS}, {}),
    "why-not": ({"mode": "why", "subject": "member:bob", **ORDERS, "object": "source:payments"}, {}),
    "past": ({"mode": "who", **ORDERS, "type": "member", "at": "8", "changed": "1"}, {}),
    "dark": ({"mode": "why", "subject": "member:bob", **ORDERS}, {"color_scheme": "dark"}),
    "phone": ({"mode": "why", "subject": "member:bob", **ORDERS}, {"viewport": {"width": 390, "height": 844}}),
}


def main(url: str, key: str, folder: str = "docs") -> None:
    """Make each picture; the key is typed as a person types it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        for name, (view, how) in PICTURES.items():
            context = browser.new_context(**{"viewport": {"width": 1280, "height": 760}, **how})
            page = context.new_page()
            page.goto(f"{url}/#{urlencode(view)}")
            page.fill("#key", key)
            page.keyboard.press("Enter")
            page.wait_for_selector("g.node")
            page.wait_for_selector("#when-said:has-text('Revision'), #past[hidden]", state="attached")
            page.wait_for_timeout(1500)
            page.screenshot(path=Path(folder) / f"page-{name}.png", full_page=name == "phone")
            context.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
