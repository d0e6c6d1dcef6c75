# Everything a contributor or a first visitor runs. `make demo` and `make test` need
# Python 3.11+, make and an index for pip: they set up their own virtual environment in .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Validators of what is shipped besides the code. Apart, so that what they depend on is not there in the tests.
TOOLS := .venv-tools
PIP := $(BIN)/pip --disable-pip-version-check --quiet
# Tests mostly wait for processes and sockets, so a few more of them than cores run at once.
JOBS ?= 4

# Tests start thousands of processes. Where bytecode is not kept, each would compile all it imports anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow test-floors coverage check format simulate dist image bench bench-pages bench-quick reference pictures screenshots lock clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

demo: $(VENV)/.installed ## set up and watch a workflow run on the embedded engine
	@$(BIN)/rochallor demo

test: $(VENV)/.collected $(TOOLS)/.installed ## set up and run the tests; COVERAGE=yes measures on the way
	$(BIN)/pytest -n $(JOBS) --dist worksteal -m "not slow" $(if $(COVERAGE),--cov --cov-report=term) $(TESTS)

test-slow: $(VENV)/.collected $(TOOLS)/.installed ## the tests that wait for minutes: outages, leases, endurance, a browser, a real Apache Kafka
	$(BIN)/pytest -n $(JOBS) --dist worksteal -m slow $(TESTS)

test-floors: ## run the suite on the lowest versions that pyproject.toml allows
	rm -rf .venv-floors
	$(PYTHON) -m venv .venv-floors
	$(PYTHON) release/floors.py > .venv-floors/constraints.txt
	.venv-floors/bin/pip --disable-pip-version-check --quiet install --constraint .venv-floors/constraints.txt --editable '.[dev]'
	@# What is deprecated between there and here is no fault of ours.
	.venv-floors/bin/pytest -n $(JOBS) --dist worksteal -W default $(TESTS)

coverage: $(VENV)/.collected ## lines and branches that unit and contract tests run, and the gate
	$(BIN)/pytest -q -n $(JOBS) --dist worksteal --cov --cov-report=term tests/unit tests/contract

check: $(VENV)/.dev ## lint, format and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.dev ## mend formatting and what lint can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

simulate: $(VENV)/.dev ## the worker in simulated worlds, SEEDS of them; a broken promise prints its seed
	@cd tests && ../$(BIN)/python -m simulation --seeds $(or $(SEEDS),100) $(ARGS)

dist: $(TOOLS)/.installed ## build wheel and sdist, twice alike, check them, and install them in clean environments
	$(TOOLS)/bin/python release/build.py

image: ## the steps of the Containerfile in plain roots, and its command started; needs root and debootstrap
	$(PYTHON) release/image.py

bench: $(VENV)/.dev ## measure beside the published SDK (benchmarks/README.md)
	$(BIN)/python -m benchmarks $(ARGS)

bench-pages: $(VENV)/.dev ## measure what the pages show, in some five minutes on a machine at rest, and write their tables
	$(BIN)/python -m benchmarks --pages

bench-quick: $(VENV)/.dev ## the same in under two minutes
	$(BIN)/python -m benchmarks --quick $(ARGS)

reference: $(VENV)/.dev ## write what is generated: command reference, completion scripts and table
	$(BIN)/python docs/reference/generate.py

pictures: $(VENV)/.dev ## draw the pictures of the README anew
	$(BIN)/python docs/pictures/draw.py

screenshots: $(VENV)/.dev ## photograph the page of `rochallor ui` anew, with the distribution's Chromium
	$(BIN)/python docs/pictures/photograph.py

lock: ## renew constraints.txt from the lower bounds in pyproject.toml
	rm -rf .venv-lock
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/pip --disable-pip-version-check --quiet install --upgrade '.[dev]'
	.venv-lock/bin/pip freeze --exclude rochallor-cli > constraints.txt
	rm -rf .venv-lock

clean: ## remove the virtual environment and caches
	rm -rf $(VENV) $(TOOLS) .venv-floors dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage*

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; name one with make PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.installed: $(VENV)/.python pyproject.toml constraints.txt
	@$(PIP) install --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.installed
	@$(PIP) install --constraint constraints.txt --editable '.[dev]'
	@touch $@

# Once, two folders at a time. Else each of JOBS processes would translate all tests, at the same time as the others.
$(VENV)/.collected: $(VENV)/.dev
	@printf '%s\n' tests/acceptance tests/unit 'tests --ignore=tests/acceptance --ignore=tests/unit' \
		| xargs -P 2 -I{} sh -c '$(BIN)/pytest -qq --collect-only {}' >/dev/null 2>&1 || true
	@touch $@

$(TOOLS)/.installed: constraints-tools.txt
	@$(PYTHON) -m venv $(TOOLS)
	@$(TOOLS)/bin/pip --disable-pip-version-check --quiet install --requirement constraints-tools.txt
	@touch $@
