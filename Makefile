# Every target creates what it needs; the second time it is quick.
SHELL := /bin/bash
PYTHON ?= $(shell command -v python3.11 || command -v python3.12 || command -v python3.13 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
SEED ?= 1

.PHONY: demo up test browser laws race faults kills hostile england check types lint arrows docs clean

$(VENV)/.ready: pyproject.toml constraints.txt
	@echo "Setting up $(VENV) with $(PYTHON) ..." >&2
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "placehub needs Python 3.11 or newer")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[embedded,dev]"
	@touch $@

demo: $(VENV)/.ready ## show the main job done on a region-sized sample world, in some of its days
	@$(BIN)/placehub demo --scale region --days $${DEMO_DAYS:-8} --seed $(SEED)

up: $(VENV)/.ready ## start the hub in the foreground
	@$(BIN)/placehub up

check: $(VENV)/.ready ## lint, types, arrows
	@$(BIN)/ruff check services connectors tests examples
	@$(BIN)/ruff format --check services connectors tests examples
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

# The browser's tests need Chromium; without CI=true they are left to `make browser`, and that is said.
NO_BROWSER := $(if $(filter true,$(CI)),,--ignore=tests/browser)

test: check ## everything but the browser's tests, on real servers; with CI=true those too
	@test -z "$(NO_BROWSER)" || echo "Deselected here: tests/browser (real Chromium). Run 'make browser', or CI=true make test." >&2
	@$(BIN)/pytest -n $${TEST_WORKERS:-2} --dist loadfile --no-loadscope-reorder --durations=30 --durations-min=5 $(NO_BROWSER)

browser: $(VENV)/.ready ## the story in real Chromium, by two people at once; pictures of every page in build/screenshots
	@$(BIN)/pytest tests/browser

laws: $(VENV)/.ready ## the laws of matching, each on 10,000 generated worlds that nobody has seen before
	@PLACEHUB_LAWS_WORLDS=$${LAWS_WORLDS:-10000} $(BIN)/pytest tests/laws --timeout 3600 --durations=0

faults: $(VENV)/.ready ## a hub of its own under kill -9 and worse, run after run; then every seed that ever failed
	@$(BIN)/placehub faults --seed $(SEED) --minutes $${FAULTS_MINUTES:-15} --scale $${FAULTS_SCALE:-corner} --days $${FAULTS_DAYS:-6} --crowd $${FAULTS_CROWD:-100}
	@FAULTS_KEPT=1 $(BIN)/pytest tests/faults -s

kills: $(VENV)/.ready ## each connector killed with -9 twenty times under load, at moments its seed chooses
	@KILLS=$${KILLS:-20} KILLS_SEED=$(SEED) $(BIN)/pytest tests/connectors/kills -s --durations=0

england: $(VENV)/.ready ## England's year up to two million events, by the hub's rules in memory; kept by its seed
	@$(BIN)/placehub world make --scale england --days $${ENGLAND_DAYS:-365} --events $${ENGLAND_EVENTS:-2000000} --seed $(SEED)

race: $(VENV)/.ready ## a thousand notices and their only homes posted at the same instant, on three workers that are killed
	@RACE_PAIRS=$${RACE_PAIRS:-1000} $(BIN)/pytest tests/integration/test_race.py -s

hostile: check ## a storm of 5,000 wrong records on the real hub
	@PLACEHUB_HOSTILE_RECORDS=$${PLACEHUB_HOSTILE_RECORDS:-5000} $(BIN)/pytest tests/integration/test_hostile.py -s

docs: $(VENV)/.ready ## write the generated pages of docs/ and schemas/avro anew
	@$(BIN)/placehub schema write
	@$(BIN)/placehub docs write

clean: ## remove what was made here (downloads stay in the user's cache)
	@rm -rf $(VENV) .placehub .mypy_cache .ruff_cache .import_linter_cache .hypothesis build dist
