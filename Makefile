# Kept. A fresh clone needs python3 and make only: uv comes from the registry, everything else by the lock.
.DEFAULT_GOAL := help
UV_VERSION := 0.13.9
TOOLS := .tools
UV := $(TOOLS)/bin/uv
PY := .venv/bin/python
ARGS ?=
ROWS ?=
SECONDS ?= 600
SEED ?= 1
# Every process of the tests would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE

help: ## what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

up: .venv/.installed ## everything on this machine, at http://127.0.0.1:8080
	@$(PY) -m services up $(ARGS)

demo: .venv/.installed ## the same, playing a day of contacts (ARGS=--check verifies it and exits)
	@$(PY) -m services demo $(ARGS)

test-fast: .venv/.installed ## what needs no database, no Kafka and no other process, in a minute
	$(PY) -m pytest -n 2 -m fast

test: .venv/.installed ## that and more, against real PostgreSQL and Kafka (ARGS=tests/intake for some)
ifeq ($(strip $(ARGS)),)
	$(PY) -m pytest -n 2 -m "not kafka and not slow and not storm"
	$(PY) -m pytest -m "kafka and not slow and not storm"
else
	$(PY) -m pytest $(ARGS)
endif

test-slow: .venv/.installed ## what takes long: upgrades, documents' commands, browsers, hostile requests, faults
	$(PY) -m pytest -n 2 tests/hostile -m "slow and not storm"
	$(PY) -m pytest --ignore=tests/hostile -m "slow and not storm"

coverage: .venv/.installed ## the same as test without Kafka, told at the end by line and branch
	$(PY) -m pytest -n 2 -m "not kafka and not slow and not storm" --cov --cov-report=term $(ARGS)

mutants: .venv/.installed ## small faults put into what decides, and how many of them the fast tests see
	.venv/bin/mutmut run $(ARGS)
	@.venv/bin/mutmut export-cicd-stats && cat mutants/mutmut-cicd-stats.json

check: .venv/.installed ## lint, types, import contracts, generated contracts, translations
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports --no-cache
	$(PY) -m services contracts export --check
	$(PY) -m services translations --check

translations: .venv/.installed ## take the sentences of pages into the catalogues (services/*/locale)
	$(PY) -m services translations

format: .venv/.installed ## mend what a machine can mend
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

bench: .venv/.installed ## one table of measured figures (ROWS="accept timers")
	@$(PY) -m tests.load $(ROWS)

faults: .venv/.installed ## kill -9 under load (SECONDS=600 SEED=1)
	@$(PY) -m tests.faults --seconds $(SECONDS) --seed $(SEED)

storms: .venv/.installed ## webhooks and deadlines by the thousand while servers die (KEPT_STORM=100000)
	$(PY) -m pytest -m storm $(ARGS)

compose-env: deploy/.env ## the secrets of an installation in containers, made once
deploy/.env: | deploy/.env.example
	@umask 077 && python3 -c 'import re, secrets, sys; \
	  print(re.sub(r"(?m)=$$", lambda _: "=" + secrets.token_hex(32), sys.stdin.read()), end="")' \
	  < deploy/.env.example > $@ && echo "wrote $@"

compose-up: deploy/.env ## build and start it in containers (deploy/README.md)
	docker compose -f deploy/compose.yaml up --build --wait

lock: $(UV) ## pin every dependency anew, with hashes and without addresses
	$(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
	  pyproject.toml -o requirements.lock
	$(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
	  pyproject.toml --extra local --group dev -c requirements.lock -o requirements-dev.lock

$(UV):
	python3 -m venv $(TOOLS)
	$(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

.venv/.installed: requirements-dev.lock pyproject.toml | $(UV)
	$(UV) venv --quiet --allow-existing --python python3 .venv
	$(UV) pip sync --quiet --python $(PY) --require-hashes requirements-dev.lock
	$(UV) pip install --quiet --python $(PY) --no-deps --editable .
	@touch $@

clean: ## forget what was installed and built, keep the data
	rm -rf $(TOOLS) .venv build *.egg-info

.PHONY: help up demo test test-fast test-slow coverage mutants check translations format bench faults storms compose-env compose-up lock clean
