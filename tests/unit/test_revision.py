"""Zookies: the true ones are accepted, and nothing else ever is."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamgraph.errors import RequestError
from iamgraph.revision import Revision

HEAD = Revision("default", "epoch-1", 10)
numbers = st.integers(0, 2**63 - 1)


@given(numbers, numbers)
def test_a_zookie_of_the_past_gives_its_number(one: int, other: int) -> None:
    """A zookie of this or an earlier revision is accepted as that revision."""
    asked, newest = sorted((one, other))
    head = replace(HEAD, number=newest)
    assert asked == head.accept(replace(HEAD, number=asked).zookie())


def _code(head: Revision, zookie: str) -> str:
    with pytest.raises(RequestError) as caught:
        head.accept(zookie)
    return caught.value.code


def test_a_zookie_of_the_future_is_refused() -> None:
    """A revision the store has not reached cannot be answered at."""
    assert "zookie_of_the_future" == _code(HEAD, replace(HEAD, number=11).zookie())


@pytest.mark.parametrize("other", [replace(HEAD, store="other"), replace(HEAD, epoch="epoch-2")])
def test_a_zookie_of_another_store_or_epoch_is_refused(other: Revision) -> None:
    """Revisions of another store, or of before a restore, count something else."""
    assert "zookie_refused" == _code(HEAD, other.zookie())


@given(st.integers(0, 23), st.integers(1, 255))
def test_every_changed_byte_is_noticed(place: int, change: int) -> None:
    """No byte of a zookie can be changed: neither the number nor the tag."""
    raw = bytearray(base64.urlsafe_b64decode(HEAD.zookie()))
    raw[place] ^= change
    assert "zookie_refused" == _code(HEAD, base64.urlsafe_b64encode(bytes(raw)).decode())


@given(st.integers(0, 31))
def test_a_cut_zookie_is_refused(length: int) -> None:
    """A zookie is whole or nothing."""
    assert "zookie_refused" == _code(HEAD, HEAD.zookie()[:length])


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda one: base64.urlsafe_b64encode(one).decode()))
def test_made_up_zookies_are_refused(zookie: str) -> None:
    """Any text that the store did not give out is a `RequestError`, never another failure."""
    assert "zookie_refused" == _code(HEAD, zookie)


@pytest.mark.parametrize("form", ["={}", "{} ", " {}", "{}\n", "{0}{0}", "{}A"])
def test_a_zookie_with_something_around_it_is_refused(form: str) -> None:
    """Only the very token is accepted, so that a zookie can be compared as text."""
    assert "zookie_refused" == _code(HEAD, form.format(HEAD.zookie()))


def test_a_zookie_fits_a_url_and_hides_the_epoch() -> None:
    """A token travels in headers and addresses, and does not give the secret away."""
    zookie = HEAD.zookie()
    assert 32 == len(zookie)
    assert zookie.replace("-", "a").replace("_", "a").isalnum()
    assert HEAD.epoch.encode() not in base64.urlsafe_b64decode(zookie)


def test_a_long_store_name_cannot_stand_for_another_number() -> None:
    """Store and number are parted in what is signed: one cannot run over into the other."""
    shifted = Revision("default\0", HEAD.epoch, 10)
    assert "zookie_refused" == _code(HEAD, shifted.zookie())
