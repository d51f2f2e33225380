# make demo   train, export and predict on the embedded names, from nothing
# make test   lint, types and tests; what CI runs
# make docs   the documentation, into build/docs
# make bench  the figures the README quotes
# make faults everything that may go wrong, done on purpose: about half an hour

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PACKAGES := predictor/pyproject.toml trainer/pyproject.toml constraints.txt

.PHONY: demo test lint docs bench faults

demo: $(VENV)/installed
	$(BIN)/names train --batch-size 30
	$(BIN)/names export
	$(BIN)/names-predict data/sample.txt

test: lint docs
	$(BIN)/python -m pytest

lint: $(VENV)/installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

docs: $(VENV)/installed-dev
	$(BIN)/zensical build --strict

bench: $(VENV)/installed
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e 'trainer[bench]'
	$(BIN)/python benchmarks/accuracy.py --seeds 2
	$(BIN)/python benchmarks/train_speed.py
	$(BIN)/python benchmarks/study_jobs.py

faults: $(VENV)/installed-dev
	$(BIN)/python tests/faults.py

$(VENV)/installed: $(PACKAGES)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e predictor -e trainer
	touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e predictor -e 'trainer[dev,corpus]'
	touch $@
