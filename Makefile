# Everything a person types; each target installs what it needs into .venv first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TRAIN := .venv-train
MINUTES := 90
DEMO_OPTIONS :=
SOURCES := pyproject.toml constraints.txt

.PHONY: help chat install test test-quick test-cloud check format reference bench screenshot demo-model clean
.DEFAULT_GOAL := help

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

chat: $(VENV)/.installed ## install qchat into .venv and start it
	@$(BIN)/qchat

install: $(VENV)/.installed ## install qchat into .venv

test: $(VENV)/.installed-dev ## run all tests (at most 20 minutes on 2 cores)
	$(BIN)/python -m pytest --timeout 300

test-quick: $(VENV)/.installed-dev ## run the unit tests and the quick everyday tests
	$(BIN)/python -m pytest --timeout 60 -m "not slow" tests/unit tests/everyday

# The protocols against the cloud itself; wants DASHSCOPE_API_KEY, and costs a few thousand tokens.
test-cloud: $(VENV)/.installed-dev ## try both protocols against the cloud (wants a key)
	QCHAT_TEST_CLOUD=1 $(BIN)/python -m pytest -v -k cloud tests/live/test_protocols.py

check: $(VENV)/.installed-dev ## format, lint, strict types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python docs/generate.py --check

format: $(VENV)/.installed-dev ## put the format right
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

reference: $(VENV)/.installed-dev ## make the pages of docs/reference anew from the code
	$(BIN)/python docs/generate.py

bench: $(VENV)/.installed-dev ## measure qchat on this machine
	$(BIN)/qchat bench

screenshot: $(VENV)/.installed ## draw the pictures of the README anew
	$(BIN)/python docs/make_screenshot.py

demo-model: $(VENV)/.installed-dev $(TRAIN)/.installed ## train the demo model anew
	$(TRAIN)/bin/python assets/demo_model/build.py --minutes $(MINUTES) $(DEMO_OPTIONS)

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(SOURCES) | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.installed-dev: $(SOURCES) | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

$(TRAIN)/.installed: assets/demo_model/requirements.txt
	test -x $(TRAIN)/bin/python || $(PYTHON) -m venv $(TRAIN)
	$(TRAIN)/bin/python -m pip install --quiet --disable-pip-version-check -r assets/demo_model/requirements.txt
	@touch $@

clean: ## remove what the targets above installed
	rm -rf $(VENV) $(TRAIN) build dist
