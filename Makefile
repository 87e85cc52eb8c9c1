# Everything runs from here; each target makes the virtual environment it needs.
PYTHON ?= python3
BIN := .venv/bin
WORKERS ?= 3

.PHONY: demo serve test quick check format golden long bench clean

demo: .venv/installed  ## a private Neo4j, a small company in it, the service, and calls to paste
	$(BIN)/iamgraph demo

serve: .venv/installed  ## the service on its own
	$(BIN)/iamgraph serve

test: .venv/installed  ## every test, on a real Neo4j, files side by side
	$(BIN)/pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder

quick: .venv/installed  ## the tests that need no Neo4j
	$(BIN)/pytest tests/unit tests/test_layers.py

check: .venv/installed  ## format, lint, strict types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy iamgraph tests
	$(BIN)/pytest tests/test_layers.py

format: .venv/installed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

golden: .venv/installed  ## write the golden files anew; read the diff
	IAMGRAPH_GOLDEN=write $(BIN)/pytest tests/unit

long: .venv/installed  ## the long runs: 200,000 random checks, 2,000 random lists, 20,000 random reasons and 300 models of them on Neo4j, 200 random histories, 1,000 random trials of changes, 10,000 rounds of torn reads and of the new enemy, 1,000 lost commits, 1,000 revocations, 10,000 fuzzed requests of each kind, 100 killed workers
	IAMGRAPH_REVIEWS=300 $(BIN)/pytest -s tests/test_review.py
	IAMGRAPH_REPORTS=50 $(BIN)/pytest -s tests/access/test_reports.py
	IAMGRAPH_CHECKS=200000 $(BIN)/pytest -s tests/test_differential.py
	IAMGRAPH_HISTORIES=200 $(BIN)/pytest tests/test_history.py
	IAMGRAPH_TRIALS=1000 $(BIN)/pytest tests/test_impact.py
	IAMGRAPH_LISTS=2000 $(BIN)/pytest -s tests/test_lists.py
	IAMGRAPH_REASONS=20000 $(BIN)/pytest -s tests/unit/test_reasons.py
	IAMGRAPH_REASONED=300 $(BIN)/pytest tests/test_reasons.py
	IAMGRAPH_KILLS=100 $(BIN)/pytest -s tests/bulk/test_kills.py
	IAMGRAPH_KILLS=10 $(BIN)/pytest -s tests/local/test_private.py
	IAMGRAPH_ROUNDS=10000 $(BIN)/pytest -s tests/store/test_torn_reads.py
	IAMGRAPH_ROUNDS=10000 $(BIN)/pytest -s tests/service/test_new_enemy.py
	IAMGRAPH_CUTS=1000 $(BIN)/pytest tests/store/test_lost_commits.py
	IAMGRAPH_REVOKES=1000 $(BIN)/pytest -s tests/service/test_revocation.py
	IAMGRAPH_FUZZED=10000 $(BIN)/pytest tests/service/test_fuzz.py tests/service/test_raw_fuzz.py tests/service/test_scim.py tests/access/test_people_fuzz.py
	IAMGRAPH_CROWD=100000 $(BIN)/pytest -s tests/page/test_crowd.py
	IAMGRAPH_KILLS=100 IAMGRAPH_OVERLOAD=5 IAMGRAPH_TRICKLING=500 IAMGRAPH_RESTARTS=20 $(BIN)/pytest -s tests/service/test_faults_under_load.py

bench: .venv/installed  ## how fast it is, here; a table of every measure
	$(BIN)/iamgraph bench
	$(BIN)/python -m tests.cost
	$(BIN)/python -m tests.organisation_cost

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis

.venv/installed: pyproject.toml hatch_build.py $(shell find service/page -type f)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "iamgraph needs Python 3.11 or later; say which with make PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $@
