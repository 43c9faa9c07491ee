# make demo   the main job, on real data: a virtual environment, the package, a model of penguins' body mass
# make test   the same environment, and the tests
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
RUNS   ?= runs

.PHONY: demo test test-slow test-network lint format golden docs clean

demo: $(VENV)/.installed
	$(BIN)/bayesdsl run specs/penguins.bayes --seed 1 --out $(RUNS)/penguins --overwrite

test: $(VENV)/.tested
	$(BIN)/python -m pytest

test-slow: $(VENV)/.tested
	$(BIN)/python -m pytest -m slow

test-network: $(VENV)/.tested
	$(BIN)/python -m pytest -m network

lint: $(VENV)/.tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(VENV)/.tested
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

golden: $(VENV)/.tested
	$(BIN)/python -m pytest tests/golden --update-golden

docs: $(VENV)/.tested
	$(BIN)/python docs/generate.py

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	touch $@

$(VENV)/.tested: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	touch $@

clean:
	rm -rf $(VENV)
