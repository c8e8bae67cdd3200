# SPDX-License-Identifier: Apache-2.0
# The front door: short names for what CMake presets and scripts/ do. On a fresh Debian 12, make and git are enough.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.NOTPARALLEL:
.DEFAULT_GOAL := help
# EIGENLENS_CUDA=OFF make build leaves the CUDA part out, ON insists on it; what was said last holds in build/.
cuda := $(if $(EIGENLENS_CUDA),-DEIGENLENS_CUDA=$(EIGENLENS_CUDA))
.PHONY: help setup build demo test asan tidy format bench docs clean

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*## */\1\t/p' Makefile | while IFS=$$'\t' read -r name text; do
	  printf '  make %-8s %s\n' "$$name" "$$text"
	done

setup:  ## install what is missing from the distribution's packages (as root, or with sudo)
	@scripts/setup data

build:  ## build/bin/eigenlens, setting up first if needed
	@scripts/setup
	cmake --preset cpu $(cuda)
	cmake --build --preset cpu --target eigenlens_cli
	echo 'built build/bin/eigenlens'

demo: setup build  ## the paper's figure 7 on Fashion-MNIST: curves, table and pictures in demo/
	@scripts/demo

test: setup  ## build and run every test; ends with "N passed, N failed, N skipped"
	@scripts/setup test
	cmake --preset cpu $(cuda)
	cmake --build --preset cpu
	scripts/install-python
	scripts/run-tests build

asan: setup  ## the same tests under AddressSanitizer and UBSan
	@cmake --preset asan
	cmake --build --preset asan
	EIGENLENS_PYTEST=skip scripts/run-tests build/asan

tidy:  ## clang-tidy over the library and the command line
	@scripts/setup tidy
	cmake --preset tidy
	cmake --build --preset tidy

format:  ## clang-format over every source file
	@scripts/setup tidy
	git ls-files '*.cpp' '*.hpp' '*.h' '*.cu' | xargs --no-run-if-empty clang-format -i

bench: setup  ## build and run the benchmarks, against NumPy and against the bare solvers (bench/README.md)
	@scripts/setup bench
	cmake --preset cpu $(cuda)
	cmake --build --preset cpu
	scripts/run-benches

docs:  ## the documentation as a site: build/site
	@scripts/setup docs
	scripts/build-docs

clean:  ## remove everything that was built or drawn (build, demo, .venv, .venv-docs)
	@rm -rf build demo .venv .venv-docs
