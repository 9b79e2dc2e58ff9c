# Needs Python 3.11 or newer with its venv module, and the package registry. Everything else is set up here.
PYTHON ?= $(shell for one in python3.13 python3.12 python3.11 python3 python; do \
	command -v $$one >/dev/null 2>&1 && $$one -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$one; break; }; done)
BIN := .venv/bin
# The machine's own certificates, so that a network with an authority of its own works for uv as it does for pip.
UV := UV_SYSTEM_CERTS=1 UV_NATIVE_TLS=1 $(BIN)/python -m uv
READY := .venv/ready

.PHONY: try run test check bench doctor picture properties setup clean

setup: $(READY)

$(READY): pyproject.toml uv.lock
	@test -n "$(PYTHON)" || { echo "Twofold needs Python 3.11 or newer. Install it and try again."; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.8'
	@$(UV) sync --locked --quiet --inexact
	@touch $(READY)

try: $(READY)  ## two phones in the terminal, on the time-out
	@$(BIN)/twofold try time_out

run: $(READY)  ## the bot; the token stands in .env
	@$(BIN)/twofold run

doctor: $(READY)
	@$(BIN)/twofold doctor

test: $(READY)  ## every test
	@$(BIN)/python -m pytest -n 2
	@$(BIN)/twofold test

check: $(READY)  ## form, types and flows
	@$(BIN)/ruff format --check --quiet
	@$(BIN)/ruff check --quiet
	@$(BIN)/mypy
	@$(BIN)/twofold check

bench: $(READY)
	@$(BIN)/python -m bench.turns
	@$(BIN)/python -m bench.danger

picture: $(READY)  ## the picture of the README
	@$(BIN)/python -m docs.draw_two_phones

properties: $(READY)  ## the property tests with many more examples
	@TWOFOLD_DEPTH=20000 $(BIN)/python -m pytest tests/engine/test_properties.py tests/engine/test_non_interference.py

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis
