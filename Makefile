# Everything a newcomer or CI types. The virtual environment is made on first use.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PYTEST := $(BIN)/python -m pytest

.PHONY: help install tools demo check test test-core soak bench resolve install-size clean

help:  ## Show this list.
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## */\t/' | expand -t 14

install: $(READY)  ## Make the virtual environment and install edgekit with everything in it.

# torch first and alone: the pinned release is what keeps a CPU machine off the CUDA packages.
$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' \
	  || { echo "edgekit needs Python 3.10 or newer; give one with make PYTHON=..."; exit 2; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check torch==2.13.0
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[dev]"
	touch $@

# Tests that use them skip with the reason where they are missing.
TOOLS := chromium faketime minisign mosquitto openssh-server strace
tools:  ## Install the Debian packages that some tests use (as root).
	@dpkg -s $(TOOLS) >/dev/null 2>&1 || { apt-get update -qq \
	  && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(TOOLS); }

demo: $(READY)  ## See the main job run: synthetic cohort, training, gated INT8, a real photograph.
	$(BIN)/edgekit demo

check: $(READY)  ## Lint, formatting, types, and who may import whom.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy --config-file pyproject.toml tests
	$(BIN)/lint-imports

# Processes of their own, so that no runtime's threads live on beside the next one's. The daemon's
# tests mostly wait, so three of their files run at a time.
test: $(READY)  ## The whole test suite.
	$(PYTEST) tests/core tests/runtime tests/field tests/synth tests/cli tests/pose tests/benchmarks tests/test_repository.py -n 2 --dist loadfile
	$(PYTEST) tests/train tests/export
	$(PYTEST) tests/serve tests/installing -n 3 --dist loadfile
	$(PYTEST) tests/integration

test-core:  ## Tests of the core alone, on the Python in PYTHON, with the base install only.
	$(PYTHON) -m venv $(VENV)-core
	$(VENV)-core/bin/python -m pip install --quiet --disable-pip-version-check -e . pytest hypothesis
	$(VENV)-core/bin/python -m pytest tests/core tests/runtime

SOAK_MINUTES ?= 30
soak: $(READY)  ## Run the daemon for SOAK_MINUTES and look for what grows.
	EDGEKIT_SOAK_MINUTES=$(SOAK_MINUTES) $(PYTEST) tests/serve -m soak -s

bench: $(READY)  ## Time every stage of ./bundle on this machine.
	$(BIN)/edgekit bench

resolve: $(READY)  ## Ask pip whether edgekit[device] has wheels for each ARM device; needs the network.
	$(BIN)/python -m edgekit_bench.resolve

install-size: $(READY)  ## Install each extra into a fresh environment, and measure size and start.
	$(BIN)/python -m edgekit_bench.install_size

clean:  ## Remove what make made; data, runs and bundles stay.
	rm -rf $(VENV) $(VENV)-core .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
