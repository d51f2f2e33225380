# make demo   train, export and predict on the embedded names, from nothing
# make test   lint, types and tests; what CI runs
# make browser  what the tests of pages and connections need: chromium, npm, strace, onnxruntime-web
# make corpus  download the packages that data/world is compiled from (53 MB), check it, compile real people
# make docs   the documentation, into build/docs
# make bench  the figures the README quotes
# make faults everything that may go wrong, done on purpose: about half an hour

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PACKAGES := predictor/pyproject.toml trainer/pyproject.toml constraints.txt

.PHONY: demo test lint browser corpus docs bench faults

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

browser: $(VENV)/installed-dev
	@for tool in chromium npm strace; do command -v $$tool >/dev/null || missing="$$missing $$tool"; done; \
	if [ -n "$$missing" ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $$missing; \
	fi; \
	command -v chromium && npm cache add $$($(BIN)/python -c 'from names_trainer.page.page import RUNTIME; print(RUNTIME)') \
		|| echo 'no chromium, npm or onnxruntime-web here: the tests of pages in a browser will be skipped'

corpus: $(VENV)/installed-dev
	PATH=$(abspath $(BIN)):$$PATH $(BIN)/python data/compile_world.py --download --check \
		&& $(BIN)/python data/compile_variants.py --check \
		&& $(BIN)/python data/compile_world.py --people \
		|| echo 'tests of the data and of the bundled model will fail, or be skipped without the packages'

docs: $(VENV)/installed-dev
	$(BIN)/zensical build --strict

bench: $(VENV)/installed
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e 'trainer[bench]'
	$(BIN)/python benchmarks/accuracy.py --seeds 2
	$(BIN)/python benchmarks/train_speed.py
	$(BIN)/python benchmarks/study_jobs.py

faults: $(VENV)/installed-dev
	PYTHONPATH=tests $(BIN)/python tests/faults

$(VENV)/installed: $(PACKAGES)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e predictor -e trainer
	touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt -e predictor -e 'trainer[dev,corpus]'
	touch $@
