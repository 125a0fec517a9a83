# Everything a person does with this project, as one word each. `make` alone lists them.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
FAR := .venv/.far
NATIVE := build/native/generated
RUNS := 10000000
NETWORKS := 5000

# PlatformIO keeps its things below this folder, and sends nothing home.
export PLATFORMIO_CORE_DIR := $(CURDIR)/.pio-core
export PLATFORMIO_SETTING_ENABLE_TELEMETRY := no
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help setup firmware native demo rig-demo compare models test lint bench faults fuzz pictures clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) ## Python packages into .venv, the Arm compiler from Debian if it is missing

$(READY): pyproject.toml tools/setup.sh tools/seed_platformio.py
	@tools/setup.sh $(PYTHON)
	@touch $@

# What tests of far boards need. What cannot be got is told once, and skipped by them, until the script changes or
# .venv/.far is removed.
$(FAR): tools/setup.sh | $(READY)
	@tools/setup.sh $(PYTHON) far
	@touch $@

firmware: $(READY) ## build what the virtual boards run, with PlatformIO, and this PC as a board
	@echo "firmware: building stm32f746-local, nrf52840-local and cortex-m0-local"
	@$(BIN)/pio run --silent
	@echo "firmware: .pio/build/{stm32f746,nrf52840,cortex-m0}-local/firmware.elf"
	@$(if $(shell command -v gcc),$(MAKE) --silent native,echo "firmware: without gcc this PC is no board (apt install gcc libc6-dev)")

native: $(READY)
	@$(BIN)/mcubench codegen --out $(NATIVE)/models models/mnist-int8 models/mnist-float32 > /dev/null
	@$(MAKE) --silent -C firmware/native ENGINE=generated GENERATED_DIR=$(CURDIR)/$(NATIVE)/models OUT=$(CURDIR)/$(NATIVE)
	@echo "firmware: $(NATIVE)/board (this PC as a board)"

demo: firmware ## sweep the clocks of a virtual STM32F746, print the table, leave results/demo.json
	@mkdir -p results
	@$(BIN)/mcubench sweep --board virtual:stm32f746 --model mnist-int8,mnist-float32 --clock all --vectors 300 \
		--json results/demo.json --csv results/demo.csv --markdown results/demo.md --chart results/demo.svg \
		--db results/demo.db

rig-demo: firmware ## a rig of eight virtual boards: flash, sweep, HIL suite; one hangs, one dies (about 5 minutes)
	@$(BIN)/python tools/rig_demo.py

compare: firmware ## sweep five boards at once, virtual and this PC's, into one table and results/compare.json
	@mkdir -p results
	@$(BIN)/mcubench sweep --board virtual:stm32f746 --board virtual:nrf52840 --board native --board python:tflm \
		--board python:litert --model mnist-int8,mnist-float32 --clock main --json results/compare.json \
		--csv results/compare.csv --markdown results/compare.md --chart results/compare.svg --db results/compare.db

models: firmware ## float32 beside int8: every model here on three virtual boards, results/models.json and .md (about 15 minutes)
	@mkdir -p results
	@$(BIN)/mcubench compare --all --board virtual:stm32f746 --board virtual:nrf52840 --board virtual:cortex-m0 \
		--json results/models.json --markdown results/models.md --db results/models.db

test: lint firmware $(FAR) ## run every test: host, firmware core on the PC, HIL suite on the virtual board
	@$(BIN)/pytest -n 2 $(PYTEST_ARGS)

lint: $(READY) ## formatting, style and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

bench: $(READY) ## measure the tools: harness, virtual boards, host, line at its limit, layers, rig (about 40 minutes)
	@$(BIN)/pio run --silent --environment stm32f746-local --environment stm32f746-harness-local \
		--environment nrf52840-local --environment nrf52840-harness-local
	@mkdir -p results
	@failed=0; \
		$(BIN)/python tools/bench.py || failed=1; \
		$(BIN)/python tools/host_bench.py || failed=1; \
		$(BIN)/python tools/layer_bench.py --json results/layers.json || failed=1; \
		$(BIN)/python tools/line_bench.py --json results/line.json || failed=1; \
		$(BIN)/python tools/rig_bench.py --json results/rig-bench.json || failed=1; \
		exit $$failed

faults: firmware ## bad lines, 400 kills, a liar, crashes and resets: is every result still right? (about 40 minutes)
	@$(BIN)/python tools/faults.py

fuzz: $(READY) ## NETWORKS (5,000) at random against the reference kernels, RUNS (ten million) over the firmware's core, host's parsers
	@PYTHONPATH=tools $(BIN)/python host/tests/codegen/fuzz_networks.py --count $(NETWORKS)
	@$(MAKE) --no-print-directory -C firmware/tests/fuzz $(if $(shell command -v clang),fuzz JOBS=2,replay) \
		RUNS=$(RUNS) OUT=$(CURDIR)/build/fuzz PYTHON=$(CURDIR)/$(BIN)/python
	@if $(BIN)/pip install --quiet --editable '.[fuzz]'; then \
		for target in split decode text fault tflite; do \
			$(BIN)/python host/tests/fuzz/fuzz_host.py --target $$target -runs=250000 -seed=1 -max_len=256 || exit 1; done; \
	else echo "fuzz: there is no atheris for this Python; hypothesis looks at the host's parsers in make test"; fi

pictures: demo compare ## draw the README's pictures from the records of both, and of make bench if there are any
	@$(BIN)/python tools/pictures.py

clean: ## remove what building and testing leave behind; results and .venv stay
	rm -rf .pio build .pytest_cache .mypy_cache .ruff_cache .hypothesis
