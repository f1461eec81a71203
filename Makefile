# Everything that one does with this repository. `make help` lists it.
#
# Nothing is installed outside this folder, but for the browsers and servers that
# the tests start, and for Sage. A set-up step leaves a stamp inside what it made, so that it runs again
# only when its sources change, or when what it made is deleted.

HOST ?= 127.0.0.1
PORT ?= 8080
PYTHON ?= python3
PYTHON2 ?= python2.7
SOCKJS_PROTOCOL ?=
AUTOBAHN ?=
ARGS ?=
AT_ONCE ?= 3

export PIP_DISABLE_PIP_VERSION_CHECK = 1
export NPM_CONFIG_UPDATE_NOTIFIER = false

BIN := .venv/bin
SCIENCE := .venv/.with-science
DEV := .venv/.with-dev
PACKAGES := web/node_modules/.installed
BUNDLE := sagews/backend/static/index.html
WEB_SOURCES := $(shell find web/src web/languages -type f 2>/dev/null) $(wildcard web/*.mjs web/*.json web/*.html)

.PHONY: help serve test sage test-sage check test-site prove test-conformance bench docs wheel image test-image bundle proto format screenshot clean tools
.DELETE_ON_ERROR:
.NOTPARALLEL:
.DEFAULT_GOAL := help

# Arguments of pytest and, if need be, what is set for it. What fails beside another test is run again, alone.
define tested
$(2) $(BIN)/python -m pytest -n $(AT_ONCE) --dist loadgroup $(1) $(ARGS) || { status=$$?; \
	[ $$status = 1 ] && [ "$(AT_ONCE)" != 0 ] || exit $$status; \
	echo "What failed beside another test is run again, alone: if it fails again, that is no matter of load."; \
	$(2) $(BIN)/python -m pytest --last-failed --last-failed-no-failures none $(1) $(ARGS); }
endef

help: ## List the targets.
	@echo "make TARGET; the first two are all that a newcomer needs."
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20
	@echo "Variables: HOST=$(HOST) PORT=$(PORT) PYTHON=$(PYTHON) ARGS='$(ARGS)' (further arguments of serve, pytest or bench)"

serve: tools $(SCIENCE) $(BUNDLE) ## Serve a whole site on http://HOST:PORT until Ctrl-C. Sets up everything.
	@exec $(BIN)/python scripts/serve.py --host "$(HOST)" --port "$(PORT)" $(ARGS)

test: tools $(DEV) $(BUNDLE) ## Run the tests. Sets up everything that they need.
	@scripts/install-browsers
	@scripts/install-services
	$(call tested,--deselect tests/sage)

sage: tools $(SCIENCE) ## Install the environment `sage` on this machine, outside of this folder. Takes some minutes.
	@$(BIN)/sagews environment install sage $(ARGS)

test-sage: tools $(DEV) $(BUNDLE) ## Run the tests of the environment `sage`; installs it where it is missing.
	@$(BIN)/sagews environment install sage >/dev/null
	@scripts/install-browsers
	$(call tested,tests/sage,SAGEWS_DEMAND_SAGE=1)

check: tools $(DEV) $(BUNDLE) ## Check without running: style, types, storeys, client, schema, bundle sizes.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	cd web && npm run --silent check
	cd web && npm run --silent size
	scripts/generate-protocol --check

test-site: tools $(DEV) $(BUNDLE) ## Run the tests of a whole site on three machines, with faults under load. As root.
	@scripts/install-browsers
	@scripts/install-services
	SAGEWS_WHOLE=1 $(BIN)/python -m pytest --timeout 600 tests/whole $(ARGS)

prove: tools $(DEV) $(BUNDLE) ## Run the tests with every counted one at its full count. Takes long.
	@scripts/install-browsers
	@scripts/install-services
	SAGEWS_PROVE=1 $(BIN)/python -m pytest --timeout 3600 $(ARGS)

test-conformance: tools $(DEV) $(BUNDLE) ## Run what others wrote: SOCKJS_PROTOCOL=, AUTOBAHN=, PRETEXT=, SAGECELL=, SAGECELL_SOURCE=, WEBWORK= FOLDER
	$(if $(PRETEXT)$(SAGECELL)$(SAGECELL_SOURCE)$(WEBWORK),SAGEWS_PRETEXT="$(PRETEXT)" SAGEWS_SAGECELL="$(SAGECELL)" \
	  SAGEWS_SAGECELL_SOURCE="$(SAGECELL_SOURCE)" SAGEWS_WEBWORK="$(WEBWORK)" $(BIN)/python -m pytest tests/books $(ARGS))
	$(if $(SOCKJS_PROTOCOL)$(AUTOBAHN),$(BIN)/python -m tests.conformance --python2 "$(PYTHON2)" \
	  $(if $(SOCKJS_PROTOCOL),--sockjs-protocol "$(SOCKJS_PROTOCOL)") $(if $(AUTOBAHN),--autobahn "$(AUTOBAHN)") $(ARGS))

bench: tools $(DEV) $(BUNDLE) ## Measure against jupyter_server, and write the table into the README.
	@echo "The peer's Python packages ..."
	@$(BIN)/python -m benchmarks.install_peer
	$(BIN)/python -m benchmarks $(ARGS)

docs: tools $(DEV) ## Build the documentation into site/.
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

wheel: tools $(DEV) $(BUNDLE) ## Build dist/*.whl, which carries the client and needs no Node.
	$(BIN)/hatchling build -t wheel

image: wheel ## Build the container image `sagews` with podman, and with SAGE=1 `sagews-sage` as well.
	@SAGE=$(SAGE) scripts/make-image

test-image: image ## Run the tests of the image, with podman.
	SAGEWS_IMAGE=localhost/sagews $(if $(SAGE),SAGEWS_SAGE_IMAGE=localhost/sagews-sage) $(BIN)/python -m pytest tests/image $(ARGS)

bundle: tools
	@rm -f $(BUNDLE)
	@$(MAKE) --no-print-directory $(BUNDLE)

proto: tools $(DEV) ## Generate sagews/protocol/sagews_pb2.* from the schema.
	scripts/generate-protocol

format: tools $(DEV) ## Format the Python code, correct what ruff can, renew ARCHITECTURE.md's tree.
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .
	$(BIN)/python scripts/tree.py

screenshot: tools $(DEV) $(BUNDLE) ## Take docs/images/cell.png, the README's picture, with a test.
	@scripts/install-browsers
	SAGEWS_SCREENSHOT=docs/images/cell.png $(BIN)/python -m pytest -k screenshot tests/browser

clean: ## Delete all that was built or installed here.
	rm -rf .venv .venv-peer web/node_modules sagews/backend/static dist build site
	rm -rf .conformance .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

# Set-up steps.

tools:
	$(eval missing := $(shell scripts/check-tools $(PYTHON)))$(if $(missing),$(error $(missing)))

.venv/.made: | tools
	@$(BIN)/python -c '' 2>/dev/null || $(PYTHON) -m venv --clear .venv
	@touch $@

$(SCIENCE): pyproject.toml constraints.txt | .venv/.made
	@echo "[1/3] Python packages ..."
	@$(BIN)/pip install --progress-bar on --editable '.[science]' --constraint constraints.txt
	@touch $@

$(DEV): pyproject.toml constraints.txt | .venv/.made
	@echo "[1/3] Python packages, those of the tests too ..."
	@$(BIN)/pip install --progress-bar on --editable '.[science,dev]' --constraint constraints.txt
	@touch $@ $(SCIENCE)

$(PACKAGES): web/package-lock.json web/.npmrc | tools
	@echo "[2/3] Client packages ..."
	@cd web && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(BUNDLE): $(PACKAGES) $(WEB_SOURCES)
	@echo "[3/3] Client bundle ..."
	@cd web && npm run --silent build
	@touch $@
