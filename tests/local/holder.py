"""A process that uses a private Neo4j: `python -m tests.local.holder FOLDER ROLE`, where the role says what it does.

`hold` holds it until its input ends; `fork` leaves it to a child that does; `write` writes tuples in a loop and
prints each one acknowledged.
"""

from __future__ import annotations

import os
import sys
import time
from itertools import count
from pathlib import Path

from iamgraph.local.private import acquire
from iamgraph.questions import WriteRequest
from iamgraph.settings import Settings
from iamgraph.tuples import parse_tuple
from iamgraph.wiring import join

STORE = "killed"


def main(folder: Path, role: str) -> None:
    """Play the role."""
    lease = acquire(folder, Settings().cache_dir)
    print(lease.pid, lease.server.uri, flush=True)  # noqa: T201 - what the test reads
    if role == "fork":
        child = os.fork()
        if child:
            lease.release()
            return
    if role == "write":
        authorizer = join(lease.server, Settings(deadline=60)).authorizer
        for i in count(time.time_ns()):
            pair = tuple(parse_tuple(f"group:{side}{i}#member@member:{i}") for side in "ab")
            authorizer.write(WriteRequest(STORE, writes=pair))
            print(i, flush=True)  # noqa: T201 - as above
    sys.stdin.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
