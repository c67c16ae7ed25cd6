# The commands of the project; "make help" lists them. Each builds what it needs first.

JOBS ?= $(shell nproc)
SOURCES = git ls-files -z --cached --others --exclude-standard '*.h' '*.cc'
# A terminal gets ninja's one line of progress, a log only what goes wrong.
NINJA_FLAGS := $(shell test -t 2 || echo --quiet)

# Debian's, the one that Debian's pytest and the pinned pyarrow are for.
PYTHON = /usr/bin/python3

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

.PHONY: help
help: ## List these commands
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24

.PHONY: setup setup-checks
setup: ## Install what the build and the tests need and is missing
	@tools/setup.sh

setup-checks: ## The same, and clang with its tools
	@tools/setup.sh --checks

# Ninja configures again by itself when a CMakeLists.txt changes.
build/%/build.ninja: CMakePresets.json tools/pins.txt
	@echo "configure $*"
	@mkdir -p build/$*
	@cmake --preset $* --log-level=WARNING >build/$*/configure.log
	@touch $@

# The libraries that start threads or are called from several.
CONCURRENT = metadata_db metadata_db_sqlite object_store dataset_store data_store http providers \
  admin_api worker

# $(call build,preset,targets)
build = echo "build $(1)" && cmake --build --preset $(1) --parallel $(JOBS) $(2) -- $(NINJA_FLAGS)
# $(call test,preset)
test = echo "test $(1)" && ctest --preset $(1) --parallel $(JOBS) --progress --no-label-summary

.PHONY: build
build: setup ## Build the release binary, build/release/bin/tidemark
	@$(MAKE) -s build/release/build.ninja
	@$(call build,release,--target tidemark)

.PHONY: run
run: build ## Run on a chain of its own, or on RPC=url [NETWORK=name START=block]
	@$(PYTHON) tools/run.py --binary build/release/bin/tidemark \
	  $(if $(DIR),--dir $(DIR)) $(if $(LISTEN),--listen $(LISTEN)) \
	  $(if $(RPC),--rpc $(RPC)) $(if $(NETWORK),--network $(NETWORK)) $(if $(START),--start $(START))

.PHONY: test
test: setup ## Build and run every test: units, layering, end to end
	@$(MAKE) -s build/release/build.ninja
	@$(call build,release,--target all all_verify_interface_header_sets)
	@$(call test,release)

.PHONY: test-asan
test-asan: setup ## Unit and end-to-end tests under the address and undefined-behaviour sanitizers
	@$(MAKE) -s build/asan-ubsan/build.ninja
	@$(call build,asan-ubsan)
	@$(call test,asan-ubsan)

.PHONY: test-tsan
test-tsan: setup-checks ## Unit tests of the libraries with threads under the thread sanitizer
	@$(MAKE) -s build/tsan/build.ninja
	@$(call build,tsan,--target $(addsuffix _test,$(CONCURRENT)))
	@$(call test,tsan)

.PHONY: torture
torture: build ## Kill, pause and cut off real programs for long; nothing may be lost
	@ctest --test-dir build/release -C torture -L '^torture$$' --no-tests=error --no-label-summary --verbose
	@$(MAKE) -s build/failpoints/build.ninja
	@$(call build,failpoints,--target tidemark)
	@ctest --test-dir build/failpoints -C torture -R '^torture[.]kill_matrix$$' --no-tests=error \
	  --no-label-summary --verbose

.PHONY: planted-bugs
planted-bugs: setup ## Plant known bugs in a copy of the tree; each must make a test fail
	@$(PYTHON) tests/planted_bugs/run.py --jobs $(JOBS)

.PHONY: tidy
tidy: setup-checks ## Check the sources with clang-tidy
	@$(MAKE) -s build/tidy/build.ninja
	@ninja -C build/tidy --quiet build.ninja
	@$(PYTHON) tools/tidy.py --jobs $(JOBS)

.PHONY: format check-format
format: setup-checks ## Lay out the sources as .clang-format says
	@$(SOURCES) | xargs -0r clang-format-19 -i

check-format: setup-checks ## Fail if "make format" would change something
	@$(SOURCES) | xargs -0r clang-format-19 --dry-run --Werror

.PHONY: bench
bench: build ## Measure what pollers cost, beside nginx and others, or only ROWS=1,8 [ROUNDS=n SECONDS=s]
	@tools/setup.sh --bench || true
	@$(call build,release,--target tidemark http_load segment_writer bare_fetch)
	@$(PYTHON) tests/bench/serving/bench.py --binary build/release/bin/tidemark --report build/bench \
	  $(if $(ROWS),--rows $(ROWS)) $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(SECONDS),--seconds $(SECONDS))

.PHONY: bench-solo
bench-solo: build ## Measure a node that runs by itself
	@$(PYTHON) tests/bench/solo.py --binary build/release/bin/tidemark

.PHONY: bench-worker
bench-worker: build ## Measure what writing a chain costs, beside cryo if cargo can build it
	@tools/setup.sh --bench-worker || true
	@$(call build,release,--target tidemark replay_node bare_client)
	@$(PYTHON) tests/bench/worker.py --bin build/release/bin --recording build/bench/chain

.PHONY: ci
ci: ## Everything that has to pass before a change is merged
	@$(MAKE) check-format
	@$(MAKE) test
	@$(MAKE) tidy
	@$(MAKE) test-asan
	@$(MAKE) test-tsan

.PHONY: clean
clean: ## Remove build/; what setup installed stays
	@rm -rf build
