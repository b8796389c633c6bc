# One word a job; each installs what it needs first. Needs python3 (3.11 to 3.13), make and git, nothing else.
# An active virtual environment is used; otherwise one is made in .venv.

PYTHON ?= python3
VENV := $(or $(VIRTUAL_ENV),.venv)
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.keras-asr-installed
# Tests are single-threaded where they can be; two of them at a time keep two cores busy.
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help install format lint layers types fast check test build docs demo clean

help:
	@echo "make install   virtual environment with the versions of constraints.txt"
	@echo "make format    rewrite the code in the project's format"
	@echo "make lint      format and lint, only looking"
	@echo "make layers    each module imports only from the layers below it"
	@echo "make types     static types"
	@echo "make fast      the fast tests"
	@echo "make check     lint, layers, types, fast tests: before every commit"
	@echo "make test      all tests"
	@echo "make build     wheel and source archive into dist/"
	@echo "make docs      rewrite the pages that are generated from the code"
	@echo "make demo      the whole pipeline in a few minutes, on real speech where there is some"
	@echo "make clean     remove what these jobs made, but the virtual environment"

install: $(INSTALLED)

# pip is told the versions twice: the second and third are for the environment in which it builds the package.
$(INSTALLED): export PIP_CONSTRAINT = constraints.txt
$(INSTALLED): export PIP_BUILD_CONSTRAINT = constraints.txt
$(INSTALLED): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev,demo,phones]'
	touch $@

format: install
	$(BIN)/ruff check --fix --exit-zero --quiet .
	$(BIN)/ruff format .

lint: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

layers: install
	$(BIN)/lint-imports

types: install
	$(BIN)/pyright --pythonpath $(BIN)/python

fast: install
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not slow and not long and not gpu"

check: lint layers types fast

test: install
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "not long and not gpu"

build: install
	$(BIN)/python -m build

docs: install
	$(BIN)/python scripts/config_reference.py --output docs/config.md

demo: install
	$(BIN)/python scripts/demo.py

clean:
	rm -rf build dist .ruff_cache .hypothesis .import_linter_cache *.egg-info work/demo
	find asr -name '*.nb[ci]' -delete
