# Everything from nothing: uv, the environment, PostgreSQL and Valkey come by themselves. See CONTRIBUTING.md.

PYTHON ?= python3
PY := .venv/bin/python

.PHONY: help demo run test bench screenshots lint clean
.DEFAULT_GOAL := help

help: ## what can be made
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/^([a-z]+):.*## /  make \1\t/'

# Again only when what it is made from has changed.
.venv/.made: config/bootstrap.py pyproject.toml uv.lock
	@$(PYTHON) -I config/bootstrap.py
	@touch $@

demo: .venv/.made ## the whole system with a simulated Loomis
	@exec $(PY) -m config.supervisor --demo

run: .venv/.made ## the whole system, empty but for an administrator
	@exec $(PY) -m config.supervisor

test: .venv/.made ## all tests, on a real PostgreSQL and Valkey (ARGS='tests/config -x' for some)
	@exec $(PY) -m config.embedded exec --scratch -- $(PY) -m pytest -n 2 $(ARGS)

# On servers of their own, as durable as real ones: the figures are those of production.
bench: .venv/.made ## the benchmarks, as ratios to ceilings measured in the same run
	@exec $(PY) -m config.embedded exec --data-dir $(or $(STRONGROOM_DATA_DIR),var)/bench -- $(PY) -m tests.bench $(ARGS)

screenshots: .venv/.made ## the pictures of README.md, from a running demo
	@exec $(PY) -m tests.journeys.pictures

lint: .venv/.made ## formatter, linter, types, import rules, migrations
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(PY) -m mypy
	.venv/bin/lint-imports
	$(PY) -m config.embedded exec --scratch -- $(PY) manage.py makemigrations --check --dry-run

clean: ## the environment and caches; never the data
	rm -rf .venv .uv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis staticfiles
