# Every target sets itself up: Python 3.11 or later and make are all that is needed.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV ?= .venv
BIN := $(VENV)/bin
CODE := guardrift rules policies reports scanner

.PHONY: demo test lint types docs check wheel clean

demo: $(VENV)/.demo ## the main job on the embedded demo account
	$(BIN)/guardrift demo

test: $(VENV)/.dev ## all tests, in parallel
	$(BIN)/python -m pytest -n auto -q -rs

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.dev
	$(BIN)/mypy

docs: $(VENV)/.dev ## write the generated pages anew
	$(BIN)/python docs/generate.py

check: test lint types ## what is checked before a change is merged
	$(BIN)/python docs/generate.py --check

wheel: $(VENV)/.dev
	rm -rf dist
	$(BIN)/python -m hatchling build -t wheel -t sdist

clean:
	rm -rf $(VENV) dist guardrift-demo .mypy_cache .pytest_cache .ruff_cache .hypothesis

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "error: no Python 3.11 or later was found; set PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo \
		"error: $(PYTHON) has no venv module; on Debian and Ubuntu: sudo apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[demo]'
	@$(BIN)/python -m compileall -q $(CODE)
	@touch $@

$(VENV)/.dev: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[demo,dev]'
	@$(BIN)/python -m compileall -q $(CODE)
	@touch $@ $(VENV)/.demo
