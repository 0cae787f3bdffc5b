# One recipe for each thing a person does here; .ci/run calls the same ones.
SHELL := bash
PYTHON ?= python3
UV_VERSION := 0.13.8
BIN := .venv/bin
RUN_ARGS ?= --demo

.PHONY: help run test check bench slow lock clean
help: ## list the recipes
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/  /'

# The environment is rebuilt when the lock or the project's metadata changes.
.venv/.ready: requirements.lock pyproject.toml tools/environment.sh
	UV_VERSION=$(UV_VERSION) PYTHON=$(PYTHON) bash tools/environment.sh
	@touch $@

run: .venv/.ready ## serve on http://127.0.0.1:8080 with a demonstration workspace
	$(BIN)/coreshed serve $(RUN_ARGS)

test: .venv/.ready ## the fast tests, on SQLite and on a PostgreSQL that they start themselves
	$(BIN)/pytest -n 3 --dist loadgroup -m "not slow"

slow: .venv/.ready ## crash rounds, fuzzing, and what starts many processes on PostgreSQL
	$(BIN)/pytest -n 2 --dist loadgroup -m slow

check: .venv/.ready ## lint, types and import direction
	$(BIN)/ruff format --check src tests benchmarks
	$(BIN)/ruff check src tests benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/.ready ## benchmarks, as ratios to a floor or a peer measured in the same run
	$(BIN)/python -m benchmarks

lock: ## resolve the dependencies anew and write requirements.lock
	UV_VERSION=$(UV_VERSION) PYTHON=$(PYTHON) bash tools/environment.sh lock

clean: ## remove the environment and caches
	rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
