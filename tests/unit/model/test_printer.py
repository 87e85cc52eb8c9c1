"""Model → text: it reads as the same model, is always the same, and its hash is of what the model says."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from iamgraph.model.model import Model
from iamgraph.model.parser import parse_model
from iamgraph.model.printer import model_hash, print_model
from tests.golden import assert_golden, golden_names
from tests.unit.model.made import models
from tests.unit.model.samples import DRIVE, HEAD, SAMPLES


@pytest.mark.parametrize("name", SAMPLES)
def test_a_printed_model_reads_as_itself(name: str) -> None:
    """What is printed says the same model."""
    model = parse_model(SAMPLES[name])
    assert model == parse_model(print_model(model))


@pytest.mark.parametrize("name", SAMPLES)
def test_a_printed_text_stays_as_it_is(name: str) -> None:
    """Printed once, a text is printed the same for ever."""
    text = print_model(parse_model(SAMPLES[name]))
    assert text == print_model(parse_model(text))


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(models())
def test_any_model_reads_as_itself(model: Model) -> None:
    """However its constructs nest and whatever its names: printed and parsed, a model is itself."""
    assert model == parse_model(print_model(model))


@pytest.mark.parametrize("name", SAMPLES)
def test_printed_samples(name: str) -> None:
    """The printed form is a golden file."""
    assert_golden(f"models/{name}.fga", print_model(parse_model(SAMPLES[name])))


def test_every_golden_model_is_compared_with() -> None:
    """No golden file is left over."""
    assert set(SAMPLES) == golden_names("models", ".fga")


def test_the_empty_model_is_its_header() -> None:
    """A model without types prints as the header alone."""
    assert HEAD == print_model(Model(()))


def test_layout_does_not_change_the_hash() -> None:
    """Comments, blanks and line ends are not what a model says."""
    other = "\ufeff" + DRIVE.replace("\n", "  # a comment\r\n\r\n")
    assert model_hash(parse_model(DRIVE)) == model_hash(parse_model(other))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("owner or owner from parent", "owner and owner from parent"),
        ("owner or commenter or viewer", "commenter or owner or viewer"),
        ("user:*", "user"),
        ("can_share", "can_give"),
        ("type user\n", "type user\ntype robot\n"),
    ],
)
def test_what_a_model_says_changes_the_hash(old: str, new: str) -> None:
    """Operators, order, kinds, names and types each make another hash."""
    other = DRIVE.replace(old, new).replace("[user, user,", "[user,")
    assert model_hash(parse_model(DRIVE)) != model_hash(parse_model(other))


def test_the_hash_never_changes() -> None:
    """Stores keep hashes, so that of a model must stay what it is."""
    assert "87dd872644ebd009b9986456187b9cd858daead19a0ffcab1fcd552707ba697a" == model_hash(parse_model(DRIVE))
