# make demo   the program on a simulated wearer, no hardware needed
# make test   everything a change must pass every day: style, types, tests
.PHONY: demo test check recordings picture clean

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

demo: $(VENV)/installed
	$(BIN)/rhomboid demo

test: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -n auto

recordings: $(VENV)/installed-dev
	$(BIN)/python recordings/make.py

picture: $(VENV)/installed-dev
	$(BIN)/python docs/picture.py

$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -e .
	touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis
