# make demo   the bundled model on known names, then a model of your own, from nothing, into build/demo
# make check  lint, types and the quick tests: about a minute
# make test   lint, types and all tests, some ten minutes
# make browser  what the tests of pages and connections need: chromium, npm, strace, onnxruntime-web
# make corpus  download the packages that data/world is compiled from (53 MB), compile real people
# make docs   the documentation, into build/docs
# make bench  how accurate models of data/names are, and how fast they train
# make faults everything that may go wrong, done on purpose: about half an hour

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# torch without CUDA: 190 MB to download instead of several GB. `make TORCH_INDEX= demo` takes PyPI's.
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
DEMO := build/demo
QUICK := $(addprefix tests/predictor/test_,encoding.py labels.py job.py explain.py rows.py series.py detection.py \
	formats.py jsonlines.py cli_predict.py) tests/project/test_boundaries.py \
	$(addprefix tests/trainer/test_,forms.py comparison.py ngram_table.py training.py export.py)
comma := ,
PACKAGES := predictor/pyproject.toml trainer/pyproject.toml pyproject.toml constraints.txt

.PHONY: demo check test lint browser corpus docs bench faults

# Say what comes, show the command, run it in the demo's own folder.
define step
	@printf '\n%s\n$$ %s\n' "$(1)" "$(2)"
	@cd $(DEMO) && PATH="$(abspath $(BIN)):$$PATH" $(2)
endef

demo: $(VENV)/installed
	@rm -rf $(DEMO) && mkdir -p $(DEMO) && cp data/sample.txt $(DEMO)/names.txt
	$(call step,1. The bundled model labels a file: a row in$(comma) a row out.,names-predict names.txt)
	$(call step,2. Why it says so: the words$(comma) then the letters.,names-predict --explain 'Nguyen Van Anh')
	$(call step,3. A model of your own: a folder of lists$(comma) one file a label. Half a minute.,names train --data ../../data/names --num-epochs 3)
	$(call step,4. Its best epoch becomes a file that needs no torch.,names export)
	$(call step,5. From now on names-predict takes your model in this folder. It saw few names$(comma) so unsure labels are left out.,names-predict names.txt --min-probability 0.8)
	@printf '\nNext:\n  source $(VENV)/bin/activate\n  names-predict your-names.txt      # the bundled model\n  names train --data your-folder    # <Label>.txt files$(comma) a name a line\n  names-predict --help\n'

# The tests that take under a minute in all; the others train, download or break things.
check: lint
	$(BIN)/python -m pytest $(QUICK)

# Two processes of one thread each: two threads on a busy machine are many times slower.
test: lint docs
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile

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
	PATH=$(abspath $(BIN)):$$PATH $(BIN)/python data/compile_world.py --download --people \
		&& $(BIN)/python data/compile_variants.py --check \
		|| echo 'tests of the data and of the bundled model will fail, or be skipped without the packages'

docs: $(VENV)/installed-dev
	$(BIN)/zensical build --strict

bench: $(VENV)/installed
	$(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt --group bench
	$(BIN)/python benchmarks/accuracy.py --seeds 2
	$(BIN)/python benchmarks/train_speed.py
	$(BIN)/python benchmarks/study_jobs.py

faults: $(VENV)/installed-dev
	PYTHONPATH=tests $(BIN)/python tests/faults

$(VENV)/installed: $(PACKAGES)
	$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check 'pip>=25.1'  # which knows --group
	@echo 'Installing into $(VENV): 350 MB to download, 1.3 GB on the disk, most of it torch.'
	@if [ -n "$(TORCH_INDEX)" ] && [ "$$(uname)" = Linux ] && ! $(BIN)/python -c 'import torch' 2>/dev/null; then \
		$(BIN)/python -m pip install --disable-pip-version-check --retries 1 --timeout 15 --no-deps -c constraints.txt \
			--index-url $(TORCH_INDEX) torch 2>/dev/null || echo '$(TORCH_INDEX) is not there: torch comes from PyPI.'; \
	fi
	$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt -e predictor -e trainer
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(BIN)/python -m pip install --disable-pip-version-check -c constraints.txt \
		-e 'predictor[completion,excel,parquet,ray,zstd]' -e trainer --group dev
	touch $@
