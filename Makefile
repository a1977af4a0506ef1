# Every target sets up what it needs: a virtual environment with the pinned set.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: install demo test test-long check format bench bench-quality docs docs-check clean

install: $(READY)

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[forecast,classify,tag,music,control,identify,transcribe,translate,tensorboard,dev]"
	touch $(READY)

demo: $(READY)
	$(BIN)/segue demo

test: $(READY)
	$(BIN)/python -m pytest -m "not long" --numprocesses 2

test-long: $(READY)
	$(BIN)/python -m pytest --timeout 7200

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/house

format: $(READY)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[bench]"
	$(BIN)/segue bench

bench-quality: $(READY)
	$(BIN)/python -m benchmarks.quality all

docs-check: $(READY)
	$(BIN)/python -m pytest --doctest-modules src
	$(BIN)/python tools/run_readme.py README.md
	$(BIN)/python tools/run_readme.py CONTRIBUTING.md
	$(BIN)/python tools/run_readme.py docs/architecture.md

docs: $(READY)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[docs]"
	$(BIN)/sphinx-build --fail-on-warning --keep-going -c docs/site . build/site
	@echo "Open build/site/docs/index.html"

clean:
	rm -rf $(VENV) build dist src/*.egg-info
