# Verbs only: what each does is in the Python packages. Every verb sets up what it needs in .venv first; the stamp files
# there make a second run go straight to work.
PYTHON ?= python3
DESIGN ?=
BOARD  ?= ulx3s
OUT    ?= build/verilog
ARGS   ?=
TRAINED := checkpoints/nwucla_joint/design

BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup demo verilog limits registers vivado-files vivado bitstream lint-rtl formal sim fuzz sim-4state sim-full sim-testset bench bench-quick synth scale test-quick test test-all lint lint-debt clean

help: ## this list
	@sed -n 's/^\([a-z0-9-]*\):[^#]*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 22

setup: .venv/ready-use ## hypgcn with training, simulation, proofs, boards and live streams, in .venv
	@echo '. $(BIN)/activate puts hypgcn on the path; hypgcn doctor says what is there'

demo: .venv/ready-sim ## clips on the simulated core of DESIGN (default: the small one), as a page: build/demo.html
	$(BIN)/hypgcn demo $(DESIGN) --device sim $(ARGS)

verilog: .venv/ready-base ## SystemVerilog of DESIGN (a folder or a preset; default: the trained full network) into OUT
	$(BIN)/hypgcn verilog '$(or $(DESIGN),$(TRAINED))' -o '$(OUT)' $(ARGS)

limits: .venv/ready-base ## page of the limits, from hdl/hypgcn/design/limits.py
	$(BIN)/python -m hypgcn.emission.limits_page

registers: .venv/ready-base ## C header, Python map and page of the control registers, from hdl/hypgcn/shell/registers.py
	$(BIN)/python -m hypgcn.shell.register_files

vivado-files: .venv/ready-base ## RTL, constraints and Tcl of DESIGN for Vivado, into build/vivado (or OUT); needs no Vivado
	$(BIN)/hypgcn vivado '$(or $(DESIGN),$(TRAINED))' -o '$(or $(filter-out build/verilog,$(OUT)),build/vivado)' $(ARGS)

vivado: .venv/ready-base ## the same, then Vivado builds it and packages the IP; vivado must be on the PATH
	$(BIN)/hypgcn vivado '$(or $(DESIGN),$(TRAINED))' -o '$(or $(filter-out build/verilog,$(OUT)),build/vivado)' \
	  --run build --run package --run block-design $(ARGS)

bitstream: .venv/ready-boards ## files of BOARD (ulx3s, kcu105) for DESIGN, and its bitstream where the open tools reach
	$(BIN)/hypgcn board $(BOARD) $(or $(DESIGN),$(if $(filter kcu105,$(BOARD)),$(TRAINED))) $(if $(filter ulx3s,$(BOARD)),--bitstream) $(ARGS)

lint-rtl: .venv/ready-sim ## what make verilog wrote into OUT, read by Verilator (lint), slang, Verible and Yosys
	$(BIN)/hypgcn lint '$(OUT)' $(ARGS)

formal: .venv/ready-formal ## properties of units proved by induction or searched to a depth (ARGS: --deep for larger depths)
	$(BIN)/hypgcn formal $(ARGS)

sim: .venv/ready-sim ## every unit and the whole network of DESIGN (default: the small one) in Verilator against golden
	$(BIN)/hypgcn sim $(DESIGN) $(ARGS)

fuzz: .venv/ready-sim ## a million random vectors through encoders, decoder, row stores and temporal lanes, at native speed
	$(BIN)/hypgcn fuzz $(ARGS)

sim-4state: .venv/ready-dev .venv/ready-icarus ## emitted cores with their testbench in Icarus (no output unknown) and in Verilator
	$(BIN)/pytest tests/hdl/testbench/test_simulators.py --durations 0 $(ARGS)

sim-full: .venv/ready-sim ## whole clips through the full network (or DESIGN) at full speed: cycles, latency, use of every unit
	$(BIN)/hypgcn fullscale $(DESIGN) $(ARGS)

sim-testset: .venv/ready-sim ## the whole test set through the RTL of the small network (or DESIGN): its top-1
	$(BIN)/hypgcn testset $(DESIGN) $(ARGS)

bench: .venv/ready-sim ## cycles and resources of the trained network (or DESIGN) beside the paper's
	$(BIN)/hypgcn bench $(DESIGN) $(ARGS)

bench-quick: .venv/ready-sim ## the same of the small network, with few clips and estimated resources
	$(BIN)/hypgcn bench $(DESIGN) --quick $(ARGS)

variants: .venv/ready-sim ## one idea switched off each in the small network (or DESIGN): cycles by simulation
	$(BIN)/hypgcn variants $(DESIGN) $(ARGS)

scaling: .venv/ready-sim ## the small network (or DESIGN) from a small folding to a whole device: cycles by simulation
	$(BIN)/hypgcn scaling $(DESIGN) $(ARGS)

synth: .venv/ready-sim ## every unit of DESIGN mapped by Yosys for UltraScale, with its resources
	$(BIN)/hypgcn synth $(DESIGN) $(ARGS)

test-quick: .venv/ready-dev ## the everyday loop: one case of every test that is not long, see tests/conftest.py
	$(BIN)/pytest -n auto --dist worksteal --durations 10 -m "not slow and not synth" --quick $(ARGS)

test: .venv/ready-dev ## all tests but the slow and the synthesis ones
	$(BIN)/pytest -n auto --dist worksteal --durations 10 -m "not slow and not synth" $(ARGS)

scale: .venv/ready-dev ## peak memory of every step on a generated dataset of NTU's size, 7.3 GB, in build/scale
	$(BIN)/python tests/dataset_scale.py build/scale $(ARGS)

test-all: .venv/ready-dev ## all tests
	$(BIN)/pytest -n auto --dist worksteal --durations 10 $(ARGS)

lint: .venv/ready-dev ## ruff, mypy, the floors of the packages, and whether lint-debt.toml could be shorter
	$(BIN)/ruff check .
	$(BIN)/python tests/contracts/lint_debt.py --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

.PHONY: docs
docs: .venv/ready-docs ## the pages and the API reference as a site, in build/docs/html; a dead link or reference fails
	$(BIN)/python docs/site/assemble.py build/docs/source
	$(BIN)/sphinx-build --quiet --nitpicky --fail-on-warning -j auto -c docs/site -d build/docs/doctrees build/docs/source build/docs/html $(ARGS)

lint-debt: .venv/ready-dev ## write lint-debt.toml anew: rules that files do not keep yet
	$(BIN)/python tests/contracts/lint_debt.py

clean: ## remove everything that make wrote, .venv too
	rm -rf .venv build .pytest_cache .ruff_cache .mypy_cache

.venv/bin/python:
	$(PYTHON) -m venv .venv

# What base has, sim has, and what sim has, dev has: the larger set-up also marks the smaller ones as done.
.venv/ready-base: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

.venv/ready-sim: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --editable '.[sim]'
	touch .venv/ready-base $@

# Where it cannot be installed, the tests that need it say so and skip.
.venv/ready-icarus: | .venv/bin/python
	command -v iverilog || apt-get install -y iverilog || sudo -n apt-get install -y iverilog || echo 'install Icarus Verilog (Debian: iverilog, Homebrew: icarus-verilog)'
	touch $@

.venv/ready-formal: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --editable '.[formal]'
	touch .venv/ready-base $@

.venv/ready-boards: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --editable '.[boards]'
	touch .venv/ready-base $@

.venv/ready-use: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --editable '.[train,sim,formal,boards,live]'
	touch .venv/ready-base .venv/ready-sim .venv/ready-formal .venv/ready-boards $@

.venv/ready-dev: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --editable '.[train,sim,formal,boards,live,docs,dev]'
	touch .venv/ready-base .venv/ready-sim .venv/ready-formal .venv/ready-boards .venv/ready-use .venv/ready-docs $@

# The API reference imports all packages.
.venv/ready-docs: pyproject.toml | .venv/bin/python
	$(BIN)/python -m pip install --quiet --editable '.[train,sim,boards,live,docs]'
	touch .venv/ready-base .venv/ready-sim .venv/ready-boards $@
