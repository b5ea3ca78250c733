# `make` alone lists the targets.
.DEFAULT_GOAL := help
.PHONY: help setup up down logs status demo verify test bench every-fault simulation planted-bugs check audit hostile format lock clean
SHELL := /bin/sh
MAKEFLAGS += --no-print-directory

PORT ?= 4566
KEEP ?=
FOLLOW ?=
# Sections of the benchmarks, e.g. make bench SECTION="imports cpu"
SECTION ?=
# Arguments for pytest, e.g. make test ARGS="tests/unit -k expiry"
ARGS ?=

# For make simulation; SEED is one seed to replay.
SEEDS ?= 1000
FIRST_SEED ?= 0
SEED ?=

BIN := .venv/bin
# How many requests `make hostile` makes of each operation, how many events of each kind
EXAMPLES ?= 200
AUDITORS := checkov==3.3.30 pip-audit==2.10.1
PROOF := PYTHONPATH=.:layers/domain/python:cli
LOCAL_CLOUD := $(BIN)/python -m tools.local_cloud
TYPED := layers/domain/python functions cli tools tests benchmarks

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

# A copy of the lock inside the venv says what is installed there: nothing is done when it is the same.
setup: ## Make .venv and install what is pinned (only when that changed)
	@if [ ! -x $(BIN)/python ] || ! $(BIN)/python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 13))'; then \
		python=$$(tools/find_python.sh) || exit 1; \
		echo "setup: .venv from $$python"; \
		"$$python" -m venv --clear .venv || { echo "error: could not make .venv with $$python" >&2; exit 1; }; \
	fi
	@if ! cmp -s requirements-dev.txt .venv/installed.txt; then \
		echo "setup: installing $$(grep -c == requirements-dev.txt) packages (about a minute, once)"; \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-virtualenv -r requirements-dev.txt \
			|| { echo "error: pip could not install requirements-dev.txt" >&2; exit 1; }; \
		cp requirements-dev.txt .venv/installed.txt; \
	fi
	@if [ ! -x $(BIN)/loyalty ] || ! cmp -s cli/pyproject.toml .venv/installed-cli.toml; then \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-virtualenv --no-index --no-deps \
			--no-build-isolation --editable cli || { echo "error: pip could not install cli" >&2; exit 1; }; \
		cp cli/pyproject.toml .venv/installed-cli.toml; \
	fi

up: setup ## Start the local cloud and deploy to it (PORT=4566, KEEP=1 keeps data over restarts)
	@$(LOCAL_CLOUD) up --port $(PORT) $(if $(filter 1,$(KEEP)),--keep)

down: setup ## Stop the local cloud
	@$(LOCAL_CLOUD) down

logs: setup ## Show the functions' recent logs (FOLLOW=1 goes on)
	@$(LOCAL_CLOUD) logs $(if $(filter 1,$(FOLLOW)),--follow)

status: setup ## Say whether the local cloud is up, and where
	@$(LOCAL_CLOUD) status

demo: up ## Run a trading day through the local cloud
	@$(BIN)/python -m tools.demo

verify: setup ## Replay all movements and compare them with accounts and journal
	@$(BIN)/loyalty verify

test: setup ## Run all tests, two files at a time; with ARGS one after the other
	$(BIN)/python -m pytest $(if $(ARGS),$(ARGS),-n 2 --dist loadfile -q)

bench: setup ## Measure costs and speed (a quarter of an hour; SECTION="imports cpu" for some of it)
	$(BIN)/python -m benchmarks $(SECTION)

every-fault: setup ## Try every fault at every call of every operation, and every two
	$(PROOF) $(BIN)/python -m tests.proof.simulation.every_fault

simulation: setup ## Live through made-up days with faults (SEEDS=1000 FIRST_SEED=0, or SEED=4711 that one again)
	$(PROOF) $(BIN)/python -m tests.proof.simulation.simulation $(if $(SEED),--seed $(SEED),$(SEEDS) --first $(FIRST_SEED))

planted-bugs: setup ## Plant bugs that lose points, and say by what each is found
	$(PROOF) $(BIN)/python -m tests.proof.simulation.planted

check: setup ## Format, lint, types, template, API description, reference
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy $(TYPED)
	$(BIN)/cfn-lint template.yaml
	$(BIN)/python -m tools.openapi --check
	$(BIN)/python -m tools.reference --check

hostile: setup ## Attack the served API for longer, and with events that nobody tried before (some minutes)
	HOSTILE_EXAMPLES=$(EXAMPLES) HYPOTHESIS_PROFILE=search $(BIN)/python -m pytest tests/system/hostile --timeout=3600 $(ARGS)

# Apart from `check`: checkov is 290 MB and wants other versions than the local cloud, and advisories are on the network.
# --strict: a package without an answer counts as one that was not audited.
audit: ## Look for unsafe settings in the template and for known faults in dependencies (network)
	@if [ ! -x .audit/bin/checkov ] || [ "$$(cat .audit/installed.txt 2>/dev/null)" != "$(AUDITORS)" ]; then \
		python=$$(tools/find_python.sh) && "$$python" -m venv --clear .audit && \
		.audit/bin/pip install --quiet --disable-pip-version-check $(AUDITORS) && \
		echo "$(AUDITORS)" > .audit/installed.txt || { echo "error: pip could not install $(AUDITORS)" >&2; exit 1; }; \
	fi
	.audit/bin/checkov --config-file .checkov.yaml
	.audit/bin/pip-audit --strict --disable-pip --no-deps -r requirements-dev.txt
	.audit/bin/pip-audit --strict --disable-pip --no-deps -r layers/dependencies/requirements.txt

format: setup ## Format the code, fix what can be fixed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: ## Pin the dev group of pyproject.toml anew in requirements-dev.txt
	@python=$$(tools/find_python.sh) && scratch=$$(mktemp -d) && trap 'rm -rf "$$scratch"' EXIT && \
		"$$python" -m venv "$$scratch" && \
		"$$scratch/bin/pip" install --quiet --upgrade pip && \
		"$$scratch/bin/pip" install --quiet --group dev && \
		{ sed -n '/^#/p' requirements-dev.txt; "$$scratch/bin/pip" freeze; } > "$$scratch/lock" && \
		cp "$$scratch/lock" requirements-dev.txt && echo "lock: $$(grep -c == requirements-dev.txt) packages"

clean: ## Remove .venv and caches (stop the local cloud first; its data in .local stays)
	rm -rf .venv .audit .mypy_cache .pytest_cache .ruff_cache .hypothesis
