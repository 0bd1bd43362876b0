# Folkmoot. `make` alone says what there is. Everything is installed in .venv, nothing outside it.

VENV := .venv
BIN := $(VENV)/bin
RUNS := $(VENV)/.runs
DEVELOPS := $(VENV)/.develops
PROCESSES ?= 2
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c '$(NEW_ENOUGH)' 2>/dev/null && echo $$python && break; done)

.DEFAULT_GOAL := help
.PHONY: help setup run test demo bench bench-eventing lint types format docs clean

help: ## Say what there is to make
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(DEVELOPS) ## Prepare .venv with the folkmoot command and what development needs

run: $(RUNS) ## Start a server for localhost, data in ./data; it says how to log in
	@$(BIN)/folkmoot serve

test: $(DEVELOPS) ## Format, lint, strict types and every test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest --quiet --numprocesses $(PROCESSES) --no-loadscope-reorder

demo: $(RUNS) ## Play the story of a space against an ephemeral server
	@$(BIN)/folkmoot demo --ephemeral

bench: $(DEVELOPS) ## Measure (docs/benchmarks.md); ARGS=--help says what else, as ARGS=--referee
	@$(BIN)/python -m bench $(ARGS)

bench-eventing: $(DEVELOPS) ## Count what pubsub alone costs on the wire, into docs/eventing.md
	@$(BIN)/python -m bench.eventing

lint: $(DEVELOPS) ## What ruff has to say
	$(BIN)/ruff check .

types: $(DEVELOPS) ## What mypy has to say
	$(BIN)/mypy

format: $(DEVELOPS) ## Lay the code out, and mend what can be mended without thought
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

docs: $(RUNS) ## Write the pages that are made from the code
	$(BIN)/folkmoot config --markdown > docs/configuration.md

clean: ## Remove .venv and what tools leave behind; ./data stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Folkmoot needs Python 3.11 or newer: install it, or say make PYTHON=/path/to/it" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(RUNS): pyproject.toml | $(BIN)/python
	$(PIP) --editable '.[client]'
	@touch $@

$(DEVELOPS): pyproject.toml | $(BIN)/python
	$(PIP) --editable '.[dev]'
	@touch $@ $(RUNS)
