# make demo   the main job, on real data: a virtual environment, the package, a model of penguins' body mass
# make test   the same environment, and the tests
# make bench  an environment with Pyro, NumPyro, PyMC and Stan, and docs/benchmarks.md
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
BENCH_VENV ?= .venv-bench
RUNS   ?= runs
# A copy of the data on ruggedness, where it is not to be fetched.
RUGGED ?= $(wildcard ../shared/data/rugged.csv)
# Tests run side by side, each process with one thread: chains of a sampler have processes of their own.
JOBS   ?= 2
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest

.PHONY: demo test test-slow test-network lint format golden docs compare bench clean

demo: $(VENV)/.installed
	$(BIN)/bayesdsl run specs/penguins.bayes --infer careful --seed 1 --out $(RUNS)/penguins --overwrite

test: $(VENV)/.tested
	$(PYTEST) -n $(JOBS)

test-slow: $(VENV)/.tested
	$(PYTEST) -n $(JOBS) -m slow

test-network: $(VENV)/.tested
	$(PYTEST) -m network

lint: $(VENV)/.tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(VENV)/.tested
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

golden: $(VENV)/.tested
	$(PYTEST) tests/golden --update-golden

compare: $(VENV)/.tested
	$(BIN)/python -m benchmarks.comparison $(if $(RUGGED),--rugged $(RUGGED))

# Peers have an environment of their own, which takes 3 GB; BENCH='--only rugged' measures a part of it.
bench: $(BENCH_VENV)/.installed
	$(BENCH_VENV)/bin/python -m benchmarks.engines $(if $(RUGGED),--rugged $(RUGGED)) $(BENCH)

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

$(BENCH_VENV)/.installed: pyproject.toml benchmarks/engines/requirements.txt
	$(PYTHON) -m venv $(BENCH_VENV)
	$(BENCH_VENV)/bin/python -m pip install --quiet --disable-pip-version-check -e . -r benchmarks/engines/requirements.txt
	touch $@

clean:
	rm -rf $(VENV) $(BENCH_VENV)
