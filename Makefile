# Everything a person types; each target installs what it needs into .venv first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TRAIN := .venv-train
DOCS := .venv-docs
MINUTES := 90
WORKERS := 3
# Three on two cores: tests wait more than they compute. Whoever is done takes from another, so that nobody waits
# for the last long file. A worker that dies is one failed test and is replaced, four times at most: by file, xdist
# would run what killed it for ever.
SIDE_BY_SIDE := -n $(WORKERS) --dist worksteal --max-worker-restart 4
DEMO_OPTIONS :=
KERNEL := /
# What a version of a dependency can break; what the window looks like is pinned with Textual.
OF_DEPENDENCIES := tests/unit tests/live -m "not slow"
SOURCES := pyproject.toml constraints.txt slim.txt
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PIP := $(BIN)/python -m pip
UNUSED := $(shell sed -n 's/ ;.*//p' slim.txt)
# uv where there is one: ten times as fast, and it leaves out what is never loaded by itself.
ifneq ($(shell command -v uv 2>/dev/null),)
NEWEST := uv pip install --python $(VENV)-newest/bin/python --upgrade --overrides slim.txt
INSTALL := uv pip install --python $(BIN)/python -c constraints.txt
TAKE_OUT_UNUSED := true
FORMER := uv pip uninstall --quiet --python $(BIN)/python qchat
else
NEWEST := $(VENV)-newest/bin/python -m pip install --quiet --disable-pip-version-check --upgrade
INSTALL := $(PIP) install --quiet --progress-bar on --disable-pip-version-check -c constraints.txt
TAKE_OUT_UNUSED := $(PIP) uninstall --quiet --yes --root-user-action ignore $(UNUSED)
FORMER := $(PIP) uninstall --quiet --yes --root-user-action ignore qchat
endif
# Until 0.2.0 the distribution had the command's name; both write the same files, so the former goes first.
TAKE_OUT_FORMER := ! ls -d $(VENV)/lib/python3*/site-packages/qchat-[0-9]*.dist-info >/dev/null 2>&1 || $(FORMER)

.PHONY: help venv chat install docs package test test-quick search-quirks test-newest test-lowest test-control-groups test-cloud check format reference bench screenshot demo-model clean
.DEFAULT_GOAL := help

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-19s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

chat: $(VENV)/.installed ## install qchat into .venv and start it
	@$(BIN)/qchat

install: $(VENV)/.installed ## install qchat into .venv

test: $(VENV)/.installed-dev ## run all tests (at most 20 minutes on 2 cores)
	$(BIN)/python -m pytest --timeout 300 $(SIDE_BY_SIDE)

test-quick: $(VENV)/.installed-dev ## run the unit tests and the quick everyday tests
	$(BIN)/python -m pytest --timeout 120 $(SIDE_BY_SIDE) -m "not slow" tests/unit tests/everyday

search-quirks: $(VENV)/.installed-dev ## search for a stream that is read wrongly, for MINUTES
	$(BIN)/python -m tests.quirks.search $(MINUTES)

# Each in an environment of its own, made anew, so that neither changes what `make test` runs with.
test-newest: ## run the tests with the newest versions of all dependencies
	rm -rf $(VENV)-newest && $(PYTHON) -m venv $(VENV)-newest
	$(NEWEST) -e '.[dev]'
	$(VENV)-newest/bin/python -m pytest --timeout 300 $(SIDE_BY_SIDE) $(OF_DEPENDENCIES)

test-lowest: ## run the tests with the lowest versions that pyproject.toml allows (wants uv)
	@command -v uv >/dev/null || { \
	    echo "pip cannot choose the lowest versions; install uv, which can: pip install uv" >&2; exit 1; }
	rm -rf $(VENV)-lowest && $(PYTHON) -m venv $(VENV)-lowest
	uv pip install --python $(VENV)-lowest/bin/python --resolution lowest-direct --overrides slim.txt -e '.[dev]'
	$(VENV)-lowest/bin/python -m pytest --timeout 300 $(SIDE_BY_SIDE) $(OF_DEPENDENCIES)

# Wants QEMU and a kernel with its modules, installed or unpacked; says what is missing otherwise.
test-control-groups: $(VENV)/.installed-dev ## try the system's limit of memory on a Linux booted for it
	$(BIN)/python -m tests.machine --kernel $(KERNEL)

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
	$(BIN)/python docs/make_screenshot.py --moving

demo-model: $(VENV)/.installed-dev $(TRAIN)/.installed ## train the demo model anew
	$(TRAIN)/bin/python assets/demo_model/build.py --minutes $(MINUTES) $(DEMO_OPTIONS)

# A virtual environment that is missing, broken, of another folder or of an old Python is made anew.
venv:
	@if ! { $(BIN)/python -c '$(NEW_ENOUGH)' && grep -qF "$(CURDIR)/$(VENV)/" $(BIN)/pip; } 2>/dev/null; then \
	    $(PYTHON) -c '$(NEW_ENOUGH)' 2>/dev/null || { \
	        echo "qchat needs Python 3.11 or later; $(PYTHON) is $$($(PYTHON) --version 2>&1 || echo missing)." >&2; \
	        echo "Install a newer one and name it: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }; \
	    rm -rf $(VENV); $(PYTHON) -m venv $(VENV) || { \
	        echo "On Debian and Ubuntu venv is a package of its own: apt install python3-venv" >&2; exit 1; }; \
	fi

$(VENV)/.installed: $(SOURCES) | venv
	@echo "Installing qchat and what it needs into $(VENV): about a minute, 600 MB on disk."
	@$(TAKE_OUT_FORMER)
	@$(INSTALL) -e . && $(TAKE_OUT_UNUSED)
	@echo "Done. To have the command everywhere: uv tool install --overrides slim.txt .   (or: pipx install .)"
	@touch $@

$(VENV)/.installed-dev: $(SOURCES) | venv
	@echo "Installing what tests and checks need into $(VENV): about two minutes."
	@$(TAKE_OUT_FORMER)
	@$(INSTALL) -e '.[dev]' && $(TAKE_OUT_UNUSED)
	@touch $@ $(VENV)/.installed

docs: $(DOCS)/.installed ## build the documentation site into build/site
	NO_MKDOCS_2_WARNING=1 $(DOCS)/bin/mkdocs build --quiet --strict

package: $(DOCS)/.installed ## build wheel and sdist into dist, and check them
	rm -rf dist
	$(DOCS)/bin/python -m build --quiet
	$(DOCS)/bin/twine check --strict dist/*
	$(DOCS)/bin/python docs/check_package.py dist

$(DOCS)/.installed: docs/requirements.txt
	test -x $(DOCS)/bin/python || $(PYTHON) -m venv $(DOCS)
	$(DOCS)/bin/python -m pip install --quiet --disable-pip-version-check -r docs/requirements.txt
	@touch $@

$(TRAIN)/.installed: assets/demo_model/requirements.txt
	test -x $(TRAIN)/bin/python || $(PYTHON) -m venv $(TRAIN)
	$(TRAIN)/bin/python -m pip install --quiet --disable-pip-version-check -r assets/demo_model/requirements.txt
	@touch $@

clean: ## remove what the targets above installed
	rm -rf $(VENV) $(VENV)-newest $(VENV)-lowest $(TRAIN) $(DOCS) build dist
