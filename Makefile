PYTHON ?= python3
ARGS ?=

# Servers of this machine that the suite runs on besides the embedded one.
SERVERS := $(patsubst %/postgres,%,$(wildcard $(foreach v,15 16 17 18,/usr/lib/postgresql/$(v)/bin/postgres)))
OTHER_SERVERS := $(filter-out $(BOOKINGDB_PG_BIN),$(SERVERS))
# The newest of them that has plpgsql_check, which the embedded server lacks.
CHECKED := /usr/share/postgresql/%/extension/plpgsql_check.control
CHECKING_SERVER := $(lastword $(filter $(SERVERS),$(patsubst $(CHECKED),/usr/lib/postgresql/%/bin,$(sort $(wildcard $(subst %,*,$(CHECKED)))))))

INSTALLED := .venv/.installed

.PHONY: help demo test check bench wrappers docs clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

demo: $(INSTALLED) ## start a PostgreSQL server, deploy everything and show a week of bookings on it
	@.venv/bin/bookingdb demo

test: $(INSTALLED) ## run the tests on the embedded server and on each PostgreSQL 15-18 found here (ARGS="-k word" for some)
	.venv/bin/pytest -n 2 $(ARGS)
	@for bin in $(OTHER_SERVERS); do \
		printf '\nThe same tests on %s\n' "$$($$bin/postgres -V)"; \
		BOOKINGDB_PG_BIN=$$bin .venv/bin/pytest -n 2 $(ARGS) || exit; \
	done

check: $(INSTALLED) ## lint Python and SQL, check types, and check every function and the catalog of a deployed database
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/python scripts/lint_sql.py
	.venv/bin/squawk migrations/*.sql
	$(if $(CHECKING_SERVER),BOOKINGDB_PG_BIN=$(CHECKING_SERVER)) .venv/bin/pytest tests/checks tests/wrapper/test_drift.py

bench: $(INSTALLED) ## measure how fast it is, as ratios to yardsticks run in the same minutes (ARGS=--quick to try it)
	@.venv/bin/python -m bench $(ARGS)

wrappers: $(INSTALLED) ## write the Python methods again, after a change of sql/ or of src/bookingdb/_a*.py
	@.venv/bin/python scripts/generate.py wrappers

docs: $(INSTALLED) ## write docs/reference again, after a change of sql/ or migrations/
	@.venv/bin/python scripts/generate.py docs

clean: ## delete what the other commands have made
	rm -rf .venv dist build .pytest_cache .mypy_cache .ruff_cache tests/supabase/npm/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(INSTALLED): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Python 3.11 or newer is needed, and '$(PYTHON)' is not one: name one with make PYTHON=python3.11"; exit 1; }
	@.venv/bin/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv || { \
		rm -rf .venv; echo "'$(PYTHON)' cannot make a virtual environment: on Debian and Ubuntu install python3-venv"; exit 1; }
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@
