# Everything a person types; each target installs what it needs into .venv first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TRAIN := .venv-train
MINUTES := 90
DEMO_OPTIONS :=
SOURCES := pyproject.toml constraints.txt

.PHONY: chat install test test-cloud check format bench screenshot demo-model clean

chat: $(VENV)/.installed
	@$(BIN)/qchat

install: $(VENV)/.installed

test: $(VENV)/.installed-dev
	$(BIN)/python -m pytest --timeout 300

# The protocols against the cloud itself; wants DASHSCOPE_API_KEY, and costs a few thousand tokens.
test-cloud: $(VENV)/.installed-dev
	QCHAT_TEST_CLOUD=1 $(BIN)/python -m pytest -v -k cloud tests/live/test_protocols.py

check: $(VENV)/.installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: $(VENV)/.installed-dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.installed-dev
	$(BIN)/qchat bench

screenshot: $(VENV)/.installed
	$(BIN)/python docs/make_screenshot.py

demo-model: $(VENV)/.installed-dev $(TRAIN)/.installed
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

clean:
	rm -rf $(VENV) $(TRAIN) build dist
