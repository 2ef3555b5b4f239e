# make demo   the program on a simulated wearer, no hardware needed
# make test   everything a change must pass every day: style, types, tests (some four minutes on two processors)
#             HYPOTHESIS_PROFILE=ci make test adds five times the examples and the few long stories (marked slow)
# make docs   the pages in docs/ as a site, with all warnings as errors; opened with build/site/index.html
# make protocol   the stream protocol against its Kaitai Struct description and its C packetiser (npm, node, a C compiler)
# make recordings   the recordings to replay are made again, when the simulation or the core has changed
# make kills   a recording process is killed fifty times at random moments, and what it loses is measured
# make faults  every fault is injected for real, and docs/reliability.md says what became of it (Linux, some ten minutes)
# make bench  every speed in one table, against the limit and against others (some ten minutes)
# make fuzz   any bytes on everything that is read for SECONDS, led by what they reach in the code (Linux)
# make test-bluetooth   the program in a virtual machine with the real kernel and BlueZ (Debian, root, five minutes at most)
.PHONY: demo test docs protocol test-bluetooth bench kills faults fuzz recordings picture clean

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
KAITAI := build/kaitai/node_modules
SECONDS ?= 600

# Where Python is told to keep nothing compiled, every process of every test would compile all of it anew.
unexport PYTHONDONTWRITEBYTECODE

demo: $(VENV)/installed
	$(BIN)/rhomboid demo

test: $(VENV)/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -n auto --dist loadgroup $(if $(filter ci,$(HYPOTHESIS_PROFILE)),,-m "not slow")

docs: $(VENV)/installed-dev
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[docs]'
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict

protocol: $(VENV)/installed-dev $(KAITAI)
	PROTOCOL_TOOLS=required $(BIN)/pytest tests/firmware_protocol

bench: $(VENV)/installed-dev
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[bench]'
	$(BIN)/python -m benchmarks.table

kills: $(VENV)/installed-dev
	$(BIN)/python -m benchmarks.kills 50

faults: $(VENV)/installed-dev
	$(BIN)/python -m benchmarks.faults

test-bluetooth: $(VENV)/installed-dev
	tests/bluetooth_vm/prepare.sh build/bluetooth-vm
	$(BIN)/pytest tests/bluetooth_vm

fuzz: $(VENV)/installed-dev
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[fuzz]'
	$(BIN)/python -m tests.fuzz $(SECONDS)

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
	rm -rf $(VENV) build .mypy_cache .pytest_cache .ruff_cache .hypothesis .fuzz
