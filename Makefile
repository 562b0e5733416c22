# `make` lists what there is.  Everything runs from .venv, which is made on first use and again when a lock file changes.
#
#   PYTHON=python3.13   the interpreter for .venv (3.11 or newer); by default the first one on the PATH that fits
#   VENV=DIR            another place for the environment, for example one for each Python
#   TESTS=…             for make test: what to give pytest, for example TESTS="-k lag"; without it a process for each core, up to 4
#
# Packages come from wherever the user's own pip is set up to fetch them; every one is checked against a hash in
# requirements/.  Weir itself is built by hatchling, which stands in requirements/build.txt with its hashes as well: left to
# pip's build isolation it would be fetched unpinned, and in the runtime lock it would reach users who never build anything.

VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --no-input --disable-pip-version-check
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header
NAMES := python3 python3.13 python3.12 python3.11
PYTHON ?= $(firstword $(foreach name,$(NAMES),$(shell $(name) -c \
    'import sys; sys.version_info >= (3, 11) and print("$(name)")' 2>/dev/null </dev/null)) python3)

IMAGE ?= weir:$(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup setup-dev demo test integration browser-test docker-test lint types layers fmt dashboards bench image fresh lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(VENV)/.installed ## install what Weir needs to run
setup-dev: $(VENV)/.dev ## the same, and what tests, lint and the benchmark need

# A policy that misses its objective is what the demo shows, and no failure of it.  Lost events are (exit code 1), and so is
# whatever kept a run from happening (2).
demo: setup ## the init storm and its cure on a real Kafka, under five minutes: three policies, one page
	@$(BIN)/weir loadtest compare-policies init-storm \
	    --scaler hpa-cpu-unprotected --scaler hpa-lag --scaler weir --seed 1 </dev/null

test: setup-dev ## unit and property tests, without a broker, in about two minutes
	@$(BIN)/python -m pytest $(or $(TESTS),--numprocesses=logical --maxprocesses=4 --dist=worksteal) </dev/null

integration: setup-dev ## tests against the embedded Kafka, minutes
	@$(BIN)/python -m pytest -m "integration and not slow" </dev/null

browser-test: setup-dev ## the live page in a headless Chromium, without a broker, about two minutes
	@$(BIN)/python -m pytest -m browser </dev/null

lint: setup-dev types layers ## ruff, codespell, mypy --strict and the layers
	@echo "ruff, codespell"
	@$(BIN)/ruff check --quiet
	@$(BIN)/ruff format --check --quiet || { echo "These files are not formatted: run make fmt" >&2; exit 1; }
	@$(BIN)/codespell

types: setup-dev ## mypy --strict over everything, tests included
	@echo "mypy"
	@$(BIN)/mypy --no-error-summary

layers: setup-dev ## which folder may import which
	@echo "import-linter"
	@$(BIN)/lint-imports

fmt: setup-dev ## format, and mend what ruff can mend
	@$(BIN)/ruff check --fix --quiet || true
	@$(BIN)/ruff format

dashboards: setup-dev ## write the JSON of Grafana's boards from their code
	@$(BIN)/python -m dashboards.grafana.generate

bench: setup-dev ## Weir beside other clients on one broker, a table of medians
	@$(BIN)/weir bench </dev/null

image: ## the container image weir:VERSION, for --backend docker (needs Docker)
	@docker build --tag "$(IMAGE)" .
	@echo "$(IMAGE) is built"

docker-test: setup-dev ## tests against the Docker engine, minutes; they use the image of `make image`
	@$(BIN)/python -m pytest -m "docker and not slow" </dev/null

fresh: ## demo and test as on a new machine: a clone of HEAD, an empty home and cache, no Java, no Docker
	@PYTHON="$(PYTHON)" .ci/fresh

# Versions stay as they are unless asked: make lock UPGRADE=--upgrade
lock: setup-dev ## write requirements/*.txt anew from pyproject.toml
	@$(LOCK) $(UPGRADE) pyproject.toml -o requirements/runtime.txt
	@$(LOCK) $(UPGRADE) --group pyproject.toml:build -c requirements/runtime.txt -o requirements/build.txt
	@$(LOCK) $(UPGRADE) pyproject.toml --all-extras --group pyproject.toml:dev \
	    -c requirements/runtime.txt -c requirements/build.txt -o requirements/dev.txt
	@echo "requirements/ is written; make setup-dev installs it"

clean: ## remove the environment and every cache; runs/ stays
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.dev: requirements/dev.txt $(VENV)/.installed
	@echo "installing the tools for tests and lint"
	@$(PIP) install --require-hashes -r requirements/dev.txt </dev/null
	@touch $@

$(VENV)/.installed: pyproject.toml $(VENV)/.runtime
	@echo "installing Weir"
	@$(PIP) install --no-deps --no-build-isolation --editable . </dev/null
	@touch $@

$(VENV)/.runtime: requirements/runtime.txt requirements/build.txt | $(BIN)/python
	@echo "installing what Weir needs, every package checked by its hash (only the first time)"
	@$(PIP) install --require-hashes -r requirements/runtime.txt -r requirements/build.txt </dev/null
	@touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null </dev/null || { echo \
	    "Weir needs Python 3.11 or newer and '$(PYTHON)' is not one: install it, or name one with make PYTHON=/path/to/python3" \
	    >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null </dev/null || { echo \
	    "'$(PYTHON)' lacks the module venv: install it (Debian and Ubuntu: apt-get install python3-venv)" >&2; exit 1; }
	@echo "making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV) </dev/null
