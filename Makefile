# Runyard's chores. `make` alone lists them.

PYTHON ?= python3
STAGE ?=
VENV := .venv/bin
PIP_QUIET := -qq --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help setup run demo-swarm stop status logs reset test chaos coverage check lint format bench load-swarms cost document clients package deploy destroy lock python elixir

help: ## list these chores
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.ready .venv/bin/runyard .venv-emulator/.ready ## install everything into .venv and .venv-emulator

run: setup ## start Runyard here and show it at work; on another document with URL=…
	@$(VENV)/python -m infra.local up
	@$(VENV)/python -m infra.demo $(if $(URL),--url "$(URL)")

demo-swarm: setup ## start the example swarm here, give it a task, show its messages
	@$(VENV)/python -m infra.local up
	@$(VENV)/python -m infra.demo_swarm

stop: setup ## stop it and keep its data
	@$(VENV)/python -m infra.local down

status: setup ## what runs where
	@$(VENV)/python -m infra.local status

logs: setup ## the last log lines; of one function with FUNCTION=RunStep
	@$(VENV)/python -m infra.local logs $(FUNCTION)

reset: setup ## stop it and delete its data
	@$(VENV)/python -m infra.local reset

test: setup elixir ## all tests
	@echo "  the TypeScript client …"
	@$(VENV)/python -m infra.clients.typescript
	@$(VENV)/python -m infra.testing

chaos: setup ## break every AWS call of every operation in every way (make test breaks a third of them)
	@RUNYARD_CHAOS=all $(VENV)/python -m pytest -q -n auto tests/chaos

coverage: setup elixir ## how much of chalicelib the tests without a stack reach
	@$(VENV)/python -m pytest -q -n auto --cov --cov-report=term:skip-covered tests/unit tests/component tests/chaos

check: lint ## what CI runs: lint, types, template, tests
	@$(VENV)/python -m infra.package --stage prod
	@$(VENV)/cfn-lint .build/prod/template.json
	@$(MAKE) --no-print-directory test

lint: setup ## ruff, format check, mypy
	@$(VENV)/ruff check .
	@$(VENV)/ruff format --check --quiet . || { echo "not formatted: run make format"; exit 1; }
	@$(VENV)/mypy

format: setup ## format the code and fix what can be fixed
	@$(VENV)/ruff check --fix --quiet .
	@$(VENV)/ruff format --quiet .

bench: setup ## benchmarks, as ratios
	@$(VENV)/python -m bench

load-swarms: setup ## 10,000 messages among 200 agents on a local stack of its own, measured
	@$(VENV)/python -m pytest -q tests/e2e/load_swarms.py

cost: setup ## dollars per 1,000 runs on AWS, from counted units
	@$(VENV)/python -m bench.cost

document: setup ## write docs/openapi.json, docs/asyncapi.json and the Python client anew, from the code
	@$(VENV)/python -m infra.api_document
	@$(VENV)/python -m infra.clients

clients: document ## write the Python client anew, make and compile the TypeScript one
	@$(VENV)/python -m infra.clients.typescript

package: setup ## build the artifact of STAGE (default local): one template, one zip
	@$(VENV)/python -m infra.package --stage $(or $(STAGE),local)

deploy: setup ## deploy to AWS: make deploy STAGE=prod
	@$(if $(STAGE),,echo "which stage? make deploy STAGE=prod"; exit 1)
	@$(VENV)/python -m infra.deploy --stage $(STAGE)

destroy: setup ## delete a stage from AWS (its table and bucket stay, except on dev)
	@$(if $(STAGE),,echo "which stage? make destroy STAGE=dev"; exit 1)
	@$(VENV)/python -m infra.deploy --stage $(STAGE) --destroy

lock: setup ## write the lock files anew; newer versions with UPGRADE=1
	@for name in requirements requirements-dev requirements-emulator; do \
		echo "  $$name.txt …"; \
		$(VENV)/pip-compile --quiet --allow-unsafe --generate-hashes --no-strip-extras \
			--no-emit-find-links --no-emit-index-url $(if $(UPGRADE),--upgrade) \
			--output-file=$$name.txt $$name.in || exit 1; \
	done

# Elixir judges what we write in it. Root installs it here; whoever is not root is told by the tests.
elixir:
	@command -v elixir >/dev/null || [ "$$(id -u)" != 0 ] || { \
		echo "  Elixir, for the tests of swarms' snapshots …"; \
		export DEBIAN_FRONTEND=noninteractive; \
		{ apt-get install -qq -y --no-install-recommends elixir || { apt-get update -qq && \
			apt-get install -qq -y --no-install-recommends elixir; }; } >/dev/null 2>&1 || true; }

python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Runyard needs Python 3.11 or newer; name one: make $(or $(MAKECMDGOALS),run) PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "This Python has no venv; on Debian and Ubuntu: sudo apt-get install python3-venv"; exit 1; }

.venv/.ready: requirements.txt requirements-dev.txt | python
	@echo "  Python packages into .venv …"
	@$(PYTHON) -m venv .venv
	@$(VENV)/python -m pip install $(PIP_QUIET) --require-hashes -r requirements-dev.txt
	@touch $@

# The command line, from this checkout: what it needs is among the packages.
.venv/bin/runyard: clients/python/pyproject.toml .venv/.ready
	@$(VENV)/python -m pip install $(PIP_QUIET) --no-deps --no-build-isolation --editable clients/python
	@touch $@

# Its own environment: the emulator pins its own botocore, and its Lambdas run with its Python.
.venv-emulator/.ready: requirements-emulator.txt | python
	@echo "  the emulator into .venv-emulator …"
	@$(PYTHON) -m venv .venv-emulator
	@echo '*' > .venv-emulator/.gitignore
	@.venv-emulator/bin/python -m pip install $(PIP_QUIET) --require-hashes -r requirements-emulator.txt
	@touch $@
