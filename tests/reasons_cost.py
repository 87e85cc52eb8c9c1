"""What reasons cost in a large workspace: `python -m tests.reasons_cost`, on a Neo4j as the environment says.

One workspace: 10,000 members, 500 policies that require two labels each, 100 groups that hold them, 500 sources.
"""

from __future__ import annotations

import random
import time
from statistics import median
from typing import Final

from ulid import ULID

from iamgraph.access.access import shipped_model
from iamgraph.questions import Load
from iamgraph.reasons import WhyQuestion
from iamgraph.settings import Settings
from iamgraph.tuples import Object, RelationTuple
from iamgraph.wiring import open_connection

MEMBERS, POLICIES, GROUPS, SOURCES, BRANDS = 10_000, 500, 100, 500, 60
ROUNDS: Final = 7
CHUNK: Final = 2_000
HOME: Final = Object("workspace", "w")
# Who is in no group, in one, and in no workspace.
ASKED: Final = (
    (Object("member", f"m{MEMBERS - 5}"), "can_edit", Object("source", "s0")),
    (Object("member", "m5"), "can_edit", Object("source", "s0")),
    (Object("member", f"m{MEMBERS - 4}"), "can_read", Object("source", "s7")),
    (Object("member", "nobody"), "can_edit", Object("source", "s1")),
)


def organisation() -> list[RelationTuple]:
    """The workspace's tuples, the same each time."""
    r = random.Random(1)
    labels = [Object("label", f"w/brand:{i}") for i in range(BRANDS)]
    ends = [Object("label", f"w/environment:{one}") for one in ("dev", "prod")]
    members = [Object("member", f"m{i}") for i in range(MEMBERS)]
    groups = [Object("group", f"g{i}") for i in range(GROUPS)]
    tuples = [RelationTuple(one, "workspace", HOME) for one in (*labels, *ends, *groups)]
    tuples += [RelationTuple(HOME, "member", one) for one in members]
    tuples.append(RelationTuple(HOME, "owner_direct", members[0]))
    for one in groups:
        tuples += [RelationTuple(one, "added", each) for each in r.sample(members[2:-10], 100)]
    for i in range(POLICIES):
        policy, role = Object("policy", f"p{i}"), r.choice(("source_admin_by_label", "source_reader_by_label"))
        tuples += [RelationTuple(policy, "workspace", HOME), RelationTuple(HOME, role, policy)]
        tuples += [RelationTuple(policy, "required_label", one) for one in (r.choice(labels), r.choice(ends))]
        tuples.append(RelationTuple(policy, "group", groups[i % GROUPS]))
    for i in range(SOURCES):
        source = Object("source", f"s{i}")
        tuples.append(RelationTuple(source, "workspace", HOME))
        for label in (r.choice(labels), ends[i % 2]):
            tuples += [RelationTuple(source, "label", label), RelationTuple(label, "carrier", source)]
    return tuples


def main() -> None:
    """Print the times."""
    connection, store, tuples = open_connection(Settings(deadline=60)), f"cost-{ULID()}", organisation()
    with connection.authorizer as door:
        door.create_store(store)
        door.write_model(store, shipped_model())
        for i in range(0, len(tuples), CHUNK):
            door.load(Load(store, tuple(tuples[i : i + CHUNK]), f"chunk {i}", f"chunk {i}"))
        for subject, relation, object_ in ASKED:
            wall, cpu = [], []
            for _ in range(ROUNDS):
                began, used = time.perf_counter(), time.process_time()
                found = door.why(WhyQuestion(store, subject, relation, object_))
                wall.append(time.perf_counter() - began)
                cpu.append(time.process_time() - used)
            assert found.complete
            told = f"{median(wall) * 1e3:.0f} ms, {median(cpu) * 1e3:.0f} ms of this process's own"
            print(f"{object_}#{relation}@{subject}: {told}; {[one.sentence for one in found.remedies]}", flush=True)  # noqa: T201
        door.delete_store(store)


if __name__ == "__main__":
    main()
