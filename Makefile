# make demo   the program on a simulated wearer, no hardware needed
# make test   everything a change must pass every day: style, types, tests
# make protocol   the stream protocol against its Kaitai Struct description and its C packetiser; needs npm, node and a C compiler
.PHONY: demo test protocol check recordings picture clean

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
KAITAI := build/kaitai/node_modules

demo: $(VENV)/installed
	$(BIN)/rhomboid demo

test: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -n auto

protocol: $(VENV)/installed-dev $(KAITAI)
	PROTOCOL_TOOLS=required $(BIN)/pytest tests/firmware_protocol

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

$(KAITAI): Makefile
	npm install --silent --prefix build/kaitai --no-save --no-package-lock kaitai-struct-compiler@0.11.0 js-yaml@4
	touch $@

clean:
	rm -rf $(VENV) build .mypy_cache .pytest_cache .ruff_cache .hypothesis
