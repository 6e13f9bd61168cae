# `make` alone explains itself. Every target sets up what it needs by itself.
SHELL := /bin/sh
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
PYTHON := .venv/bin/python
export ONCE LAN MINUTES

.PHONY: help setup demo up down test check bench every-file malformed rebuild-proof tamper chaos storm crashpoints fault-matrix backup-drill authz withdraw canary take viewer-proof k8s-check bench-fair bench-big bench-web bench-access bench-scale bench-peers bench-check upgrade-test image-proof screenshots ceph clean

help: ## Say what can be made
	@echo "Scanpass. make TARGET, with TARGET one of:"
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install what is missing: Debian packages, then .venv from the lock; build the viewer
	@deploy/local/setup.sh
	@deploy/local/viewer.sh

demo: setup ## Two hospitals drop real studies, patients get letters (ONCE=1: judged, then ends; LAN=1: for a real telephone)
	@exec $(PYTHON) -m deploy.local.demo

up: setup ## Start servers and services in the background, under .local/
	@exec $(PYTHON) -m deploy.local up

down: ## Stop what `make up` or `make demo` started
	@if [ -x $(PYTHON) ]; then exec $(PYTHON) -m deploy.local down; fi

test: check ## Checks, then all tests on real servers
	@exec $(PYTHON) -m pytest -n 2 --dist loadfile --no-loadscope-reorder --durations=15

check: setup ## Style, types, layers, generated documents
	@$(PYTHON) -m ruff check --quiet .
	@$(PYTHON) -m ruff format --check --quiet .
	@$(PYTHON) -m mypy --no-error-summary .
	@$(PYTHON) -m pytest -q --no-header tests/unit/test_layers.py >.local/layers.log || { cat .local/layers.log; exit 1; }
	@$(PYTHON) -m docs.generate --check

bench: setup ## Measure the way from drop to available against the machine's bare limit
	@exec $(PYTHON) -m benchmarks.spine

every-file: setup ## Carry every test file there is, and judge what comes out
	@exec $(PYTHON) -m tests.every_file

malformed: setup ## Hostile files by the 100,000: none may get through, no good one be refused
	@exec $(PYTHON) -m tests.malformed

rebuild-proof: setup ## 2,000 instances: a rebuilt catalogue is equal, and nobody is written to again
	@exec $(PYTHON) -m tests.rebuild --instances 2000

chaos: setup ## Faults while work is in flight: nothing may be lost, doubled or stuck (ARGS=--plants)
	@exec $(PYTHON) -m tests.chaos $(ARGS)

storm: setup ## The same with random faults for MINUTES, kept in benchmarks/storm.jsonl
	@exec $(PYTHON) -m tests.chaos.storm

crashpoints: setup ## Every named point: die there, alone, and lose nothing
	@exec $(PYTHON) -m tests.chaos.crashpoints

fault-matrix: setup ## Each row of the fault matrix, alone
	@exec $(PYTHON) -m tests.chaos.matrix

backup-drill: setup ## The database comes back an hour old
	@exec $(PYTHON) -m tests.chaos.drill

authz: setup ## Every route by every reader of every study: nobody sees what is not theirs
	@exec $(PYTHON) -m tests.authz

withdraw: setup ## Shares are taken back while all is asked at two portals: nothing is given after
	@exec $(PYTHON) -m tests.withdraw

canary: setup ## A whole run with names planted: none may stand in a log, queue, table or file
	@exec $(PYTHON) -m tests.canary

take: setup ## Take everything as a patient does, cut off and resumed, imported elsewhere
	@exec $(PYTHON) -m tests.take $(ARGS)

viewer-proof: setup ## The viewer in Chromium: colours, hands, keys, no WebGL; the walks in Firefox, into OHIF and on to a doctor
	@exec $(PYTHON) -m pytest -q tests/viewer tests/e2e/proof_walk.py

bench-fair: setup ## A live study's letter beside another site's old archive of 20,000 studies
	@exec $(PYTHON) -m benchmarks.fair

bench-big: setup ## One file of 4 GB through the services, in bounded memory
	@exec $(PYTHON) -m benchmarks.big

bench-web: setup ## Measure what viewers wait for, against Orthanc and in Chromium (unpacked under .local/web; needs root)
	@exec $(PYTHON) -m benchmarks.web

bench-access: setup ## What a decision, an entry of the access log and its proof cost
	@exec $(PYTHON) -m benchmarks.access

bench-peers: setup ## Beside Orthanc on five sets of images, in turns (ARGS=--no-web; needs root)
	@exec $(PYTHON) -m benchmarks.peers $(ARGS)

bench-check: setup ## Fail when a kept ratio has fallen by a fifth
	@exec $(PYTHON) -m benchmarks.check

bench-scale: setup ## The catalogue with 100,000 and 1,000,000 studies: searches, size, inserts (ARGS=10000000)
	@exec $(PYTHON) -m benchmarks.scale $(ARGS)

screenshots: setup ## Make docs/screenshots/ again, from the demo's pages
	@exec $(PYTHON) -m tests.e2e.pictures

tamper: setup ## Change the access log in every way: each change must be found
	@exec $(PYTHON) -m tests.tamper

k8s-check: setup ## Judge the manifests of Kubernetes, then run here what they say
	@deploy/k8s/tools.sh
	@exec $(PYTHON) -m tests.k8s

upgrade-test: setup ## The release before, this one beside it, and back, under load: nothing lost, no page refused
	@exec $(PYTHON) -m tests.upgrade $(ARGS)

image-proof: setup ## Do the Dockerfile's lines in a chroot, start the services, judge what it says is in it (root, Debian)
	@deploy/k8s/tools.sh
	@exec $(PYTHON) -m tests.k8s.image

ceph: setup ## A real Ceph (64 MB, unpacked under .local) tells a real broker what was dropped
	@exec $(PYTHON) -m pytest -q tests/ceph/proof.py

clean: ## Stop what is ours, and remove .local and .venv
	@if [ -x $(PYTHON) ]; then $(PYTHON) -m deploy.local clean; fi
	@rm -rf .local .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
