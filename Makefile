# The project's commands. `make quickstart` and `make test` do all the set-up themselves.

SHELL := /bin/bash
CROSSLOOM := $(or $(CARGO_TARGET_DIR),target)/release/crossloom
CELL := musl-gcc-x86_64-linux-musl

.PHONY: quickstart valgrind-darwin musl-gcc test nightly variations test-nix-versions seeds aarch64 bench crossloom setup macos-setup test-setup examples help

help:
	@echo 'make quickstart   build Valgrind for macOS from sources, and run its memcheck on an emulated processor'
	@echo 'make valgrind-darwin   the same, with every check, and the archive for a Mac'
	@echo 'make musl-gcc     build a musl GCC for x86_64 from sources and run a program built with it (17 minutes on a quiet machine with two cores)'
	@echo 'make test         everything that is checked before a change lands'
	@echo 'make nightly      what takes hours: the quickstart built twice, kernels, shells, both seeds, variations, Nix versions, fuzz tests'
	@echo 'make nightly TARGETS=missing   GCC for every musl target whose results are not recorded, one after the other, recorded (days)'
	@echo 'make variations   every node in the store built again under other circumstances, as a table: nodes × variations'
	@echo 'make test-nix-versions   evaluation and quick builds under the Nix of Debian 12, of 13 and the newest'
	@echo 'make seeds        which files for a target are the same under both seeds, of what this store holds'
	@echo 'make aarch64      kernels and disk images built under emulation on aarch64-linux, compared with those of x86_64-linux (hours)'
	@echo 'make bench        how long generation and evaluation of 218 cells take'
	@echo 'make examples     after a change of recipes or templates: lock every example, render the quickstart, list all derivations'

setup:
	@checks/setup.sh

macos-setup:
	@checks/setup.sh macos

test-setup:
	@checks/setup.sh test

crossloom: setup
	cargo build --release --locked

quickstart: macos-setup crossloom
	checks/quickstart.sh $(CROSSLOOM)

valgrind-darwin: macos-setup crossloom
	checks/quickstart.sh $(CROSSLOOM) all

musl-gcc: crossloom
	checks/musl-gcc.sh $(CROSSLOOM) $(CELL)

test: test-setup crossloom
	checks/test.sh $(CROSSLOOM)

# Of targets of musl-gcc alone: make nightly TARGETS='s390x-linux-musl riscv64-linux-musl' CHECKS='torture again seed'
# RELEASES='gcc=16' HOURS=8. TARGETS=missing are those that the recorded results lack.
nightly: crossloom
ifdef TARGETS
	checks/targets.py $(CHECKS:%=--%) $(RELEASES:%=--release=%) $(HOURS:%=--hours=%) $(CROSSLOOM) $(TARGETS)
else
	checks/nightly.sh $(CROSSLOOM)
endif

# Of all examples, or of some nodes: make variations NODES='gmp linux-*' VARIATIONS=--each
variations: crossloom
	@checks/variations.sh $(VARIATIONS) $(CROSSLOOM) $(notdir $(patsubst %/,%,$(dir $(wildcard examples/*/matrix.toml)))) $(foreach node,$(NODES),'$(node)')

test-nix-versions: crossloom
	checks/nix-versions.sh $(CROSSLOOM)

seeds: crossloom
	checks/seeds.sh $(CROSSLOOM)

# Says what it lacks. It sets nothing up: `sudo checks/aarch64.sh --set-up` does, and `--undo` takes that back.
aarch64: crossloom
	checks/aarch64.sh $(CROSSLOOM) $(foreach node,$(NODES),'$(node)')

bench: crossloom
	cargo bench --locked --bench scale

examples: crossloom
	checks/examples.sh $(CROSSLOOM)
