"""Model → plan: what is asked for a kind of subject, what is pruned, and why a relation may have no plan."""

from __future__ import annotations

import pytest

from iamgraph.model.parser import parse_model
from iamgraph.plan.plan import AnyOf, Direct, Never, Same, Step, Through
from iamgraph.plan.planner import MAX_DEPTH, MAX_GOALS, MAX_HOPS, MAX_STEPS, MAX_WAYS, NotCompiled, plan_relation
from iamgraph.plan.to_cypher import check_statement, explain_statement
from iamgraph.tuples import Kind
from tests.golden import assert_golden, golden_names
from tests.unit.model.samples import HEAD
from tests.unit.plan.cases import COMPILED, MODELS, REFUSED, Case, name, plan
from tests.unit.plan.plans import dump

USER = Kind("user")
DOC = f"{HEAD}type user\ntype robot\ntype doc\n  relations\n"


def _condition(definitions: list[str]) -> str:
    return "condition c(n: int) { n < 1 }\n" if any("with c" in one for one in definitions) else ""


def planned(definitions: list[str], relation: str = "x", kind: Kind = USER) -> Step:
    """The plan of a relation of `doc`, which is defined so."""
    model = parse_model(DOC + "".join(f"    define {one}\n" for one in definitions) + _condition(definitions))
    return plan_relation(model, "doc", relation, kind)


@pytest.mark.parametrize("case", COMPILED, ids=name)
def test_plans(case: Case) -> None:
    """The plan of each case is a golden file."""
    assert_golden(f"plans/{name(case)}.txt", dump(plan(case)))


def test_every_golden_plan_is_compared_with() -> None:
    """No golden file is left over."""
    assert set(map(name, COMPILED)) == golden_names("plans", ".txt")


def _reason(case: Case) -> str:
    with pytest.raises(NotCompiled) as caught:
        plan(case)
    return f"{case[0]}: {case[1]} for {case[2]}\n  {caught.value.reason}\n"


def test_why_relations_have_no_plan() -> None:
    """Each relation without a statement says in one line why; together they are a golden file."""
    assert_golden("not_compiled.txt", "".join(map(_reason, REFUSED)))


def test_every_sample_is_planned_or_refused_for_every_kind() -> None:
    """No relation of any sample fails in another way, for whatever kind its model knows."""
    planned = refused = 0
    for model in MODELS.values():
        pairs = [(type_.name, one.name) for type_ in model.types for one in type_.relations]
        kinds = [Kind(*pair) for pair in pairs] + [Kind(one.name, via) for one in model.types for via in (None, "*")]
        for type_, relation in pairs:
            for kind in kinds:
                try:
                    step = plan_relation(model, type_, relation, kind)
                except NotCompiled as reason:
                    refused += 1
                    assert reason.reason.isprintable()
                else:
                    planned += 1
                    assert explain_statement(step, kind).startswith("CYPHER 25\n")
    assert planned > refused > 0


# --- pruning -------------------------------------------------------------------------------------------


def test_what_no_subject_of_the_kind_can_reach_is_left_out() -> None:
    """A branch that only robots can enter costs a user's check nothing."""
    assert Direct("x") == planned(["x: [user] or y or z", "y: [robot]", "z: y from up", "up: [doc]"])


def test_nothing_to_reach_is_never() -> None:
    """A relation that no user can have has the plan that never holds."""
    assert Never() == planned(["x: [robot]"])
    assert Never() == planned(["x: y and z", "y: [user]", "z: [robot]"])
    assert Never() == planned(["x: z but not y", "y: [user]", "z: [robot]"])


def test_taking_away_nobody_is_left_out() -> None:
    """`but not` of what no user can have takes nothing away."""
    assert Direct("y") == planned(["x: y but not z", "y: [user]", "z: [robot]"])


def test_a_userset_holds_itself() -> None:
    """`doc:1#x` is in `doc:1#x`, whatever tuples there are."""
    assert Same() == planned(["x: [robot]"], kind=Kind("doc", "x"))


def test_repetitions_are_planned_once() -> None:
    """Two ways to the same step are one."""
    assert Direct("y") == planned(["x: y or z or y", "z: y", "y: [user]"])


# --- conditions ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "definitions",
    [
        ["x: [user] or (y and z)", "y: [user with c]", "z: [robot]"],
        ["x: [user] or (z but not y)", "y: [user with c]", "z: [robot]"],
        ["x: [user] or (z and y from up)", "up: [doc]", "y: [user with c]", "z: [robot]"],
        ["x: [user] or y", "y: [robot with c]"],
    ],
)
def test_a_condition_no_subject_of_the_kind_can_meet_does_not_matter(definitions: list[str]) -> None:
    """Only a condition that can decide the check keeps it from compiling."""
    assert Direct("x") == planned(definitions)


@pytest.mark.parametrize(
    "definitions",
    [
        ["x: [user with c]"],
        ["x: [user] but not y", "y: [user with c]"],
        ["x: [user, user with c]"],
        ["x: y from up", "up: [doc]", "y: [user] or z", "z: [user with c] or y"],
        ["x: [doc#y with c]", "y: [user]"],
    ],
)
def test_a_condition_that_can_decide_is_left_to_walk(definitions: list[str]) -> None:
    """A condition anywhere on the way, also of what is taken away, has no statement."""
    with pytest.raises(NotCompiled, match="may depend on condition `c`"):
        planned(definitions)


# --- size ----------------------------------------------------------------------------------------------


def _chain(rewrite: str, length: int, *more: str) -> list[str]:
    """Relations of which each leads to the next; the last takes users."""
    links = [f"r{i}: {rewrite.format(f'r{i + 1}', f'r{i}')}" for i in range(length)]
    return ["x: r0", *links, f"r{length}: [user]", "a: [user]", "up: [doc]", *more]


def _compiled_length(definitions: list[str]) -> int:
    step = planned(definitions)
    return len(check_statement(step, USER)) + len(explain_statement(step, USER))


def test_a_long_chain_of_computed_relations_is_what_it_ends_in() -> None:
    """However many names a relation goes through, its plan is the last one's."""
    assert Direct("r190") == planned(_chain("{0}", 190))


def test_a_long_chain_of_unions_is_one_union() -> None:
    """Unions of unions are flat, however deep they are written."""
    step = planned(_chain("[user] or {0}", 190))
    assert AnyOf(tuple(Direct(f"r{i}") for i in range(191))) == step


def test_a_long_chain_of_arrows_is_one_path() -> None:
    """Arrows of arrows are one path of many hops."""
    step = planned(_chain("{0} from up", 12))
    assert isinstance(step, Through)
    assert (12, Direct("r12")) == (len(step.hops), step.then)


@pytest.mark.parametrize("length", [13, 190])
def test_a_path_that_takes_too_long_to_plan_is_walked(length: int) -> None:
    """Neo4j plans a long path longer than a request may take, so such a relation has no statement."""
    with pytest.raises(NotCompiled, match="longer paths than Neo4j plans in time"):
        planned(_chain("{0} from up", length))


@pytest.mark.parametrize("rewrite", ["{0} and a", "a but not {0}", "{0} but not a", "{0} or {1} from up"])
@pytest.mark.parametrize("length", [5, 50, 190])
def test_chains_that_nest_compile_or_are_refused(rewrite: str, length: int) -> None:
    """What nests deeper than Neo4j should read or plan is refused with its reason; nothing runs out of stack."""
    definitions = _chain(rewrite, length)
    if length > MAX_DEPTH or ("up" in rewrite and length > 8):
        with pytest.raises(NotCompiled, match=f"nests more than {MAX_DEPTH} steps|than Neo4j plans in time"):
            planned(definitions)
    else:
        assert _compiled_length(definitions) > 1_000


def test_the_deepest_parentheses_compile() -> None:
    """An expression nested to the language's limit has a statement."""
    text = "(a and " * 25 + "(b but not " * 25 + "a" + ")" * 50
    assert _compiled_length([f"x: {text}", "a: [user]", "b: [user]"]) > 1_000


def test_a_wide_union_compiles() -> None:
    """A union of as many relations as a type can have is one statement."""
    names = [f"r{i}" for i in range(198)]
    assert _compiled_length([f"x: {' or '.join(names)}", *(f"{one}: [user]" for one in names)]) > 1_000


def test_more_steps_than_a_statement_should_have_are_refused() -> None:
    """What doubles at every relation is noticed before it is made."""
    with pytest.raises(NotCompiled, match=f"needs more than {MAX_STEPS} steps|than Neo4j plans in time"):
        planned(_chain("{0} and {0} from up", 60))


def test_more_relations_than_a_statement_should_have_are_refused() -> None:
    """A relation that leads to thousands of others is left to walk."""
    types = ""
    for i in range(6):
        links = (f"    define r{j}: [t{i + (j == 199)}#r{(j + 1) % 200}]\n" for j in range(200))
        types += f"type t{i}\n  relations\n{''.join(links)}"
    model = parse_model(f"{HEAD}type user\n{types}type t6\n  relations\n    define r0: [user]\n")
    with pytest.raises(NotCompiled, match=f"`t0#r0` leads to more than {MAX_GOALS} relations"):
        plan_relation(model, "t0", "r0", USER)


@pytest.mark.parametrize("length", [20, MAX_HOPS, MAX_HOPS + 1, 1_000])
def test_an_arrow_that_forks_at_every_hop_is_refused(length: int) -> None:
    """The ways of an arrow are counted while they are made, since they double at each hop."""
    both = "    define up: [doc, box]\n    define a: [user]\n"
    text = f"{HEAD}type user\ntype box\n  relations\n{both}type doc\n  relations\n{both}"
    text += f"    define x: a{' from up' * length}\n"
    with pytest.raises(NotCompiled, match=f"more than {MAX_HOPS} relations or {MAX_WAYS} ways"):
        plan_relation(parse_model(text), "doc", "x", USER)


def test_a_straight_arrow_of_many_hops_compiles() -> None:
    """As long as it does not fork, an arrow may have a dozen hops."""
    assert _compiled_length([f"x: a{' from up' * 12}", "up: [doc]", "a: [user]"]) > 1_000
