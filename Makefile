.DEFAULT_GOAL := help
SHELL := /bin/bash
VENV := .venv/bin
# Java and Node.js of the lock files are found here where the machine has none.
export PATH := $(CURDIR)/$(VENV):$(PATH)

.PHONY: help setup demo kind-up kind-down test unit chart helm4 integration soak e2e e2e-smoke evaluate bench check format generate lock clean

help: ## Show the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "%-12s %s\n", $$1, $$2 }'

setup: ## Set up virtual environment, Java, Node.js, jars and TimescaleDB
	@.ci/setup

# ARGS is handed on: make demo ARGS="--duration 180s --keep run --json"
demo: ## Run the whole pipeline live on this machine (ARGS="--help" shows what can be chosen)
	@.ci/setup run
	@exec $(VENV)/cryptostream local $(ARGS)

# ARGS="--help" shows what can be chosen: --dry-run, --tool minikube, --ingress, ...
kind-up: ## Run the whole platform on a Kubernetes of this machine (needs Docker or Podman, kind, kubectl and Helm)
	@PYTHONPATH=charts python3 -m cryptostream_cluster up $(ARGS)

kind-down: ## Remove it (ARGS as for kind-up)
	@PYTHONPATH=charts python3 -m cryptostream_cluster down $(ARGS)

# Tests mostly wait for processes to start: two files at a time, each worker with a broker and a database of its own.
WORKERS ?= 2

test: setup ## Run all tests
	$(VENV)/pytest --numprocesses $(WORKERS) --dist loadfile tests/unit tests/chart tests/integration

unit: setup ## Run the tests that need no broker, Spark or database
	$(VENV)/pytest tests/unit

chart: setup ## Run the tests of the chart (needs Helm; make helm4 for those with Helm 4)
	$(VENV)/pytest tests/chart

integration: setup ## Run the tests on the real parts
	$(VENV)/pytest --numprocesses $(WORKERS) --dist loadfile tests/integration

helm4: .tools/helm4/helm ## Build Helm 4 for the tests of the chart (needs Go 1.26)

.tools/helm4/helm:
	GOBIN=$(@D:%=$(CURDIR)/%) go install helm.sh/helm/v4/cmd/helm@v4.3.1

soak: setup ## Run the outages of minutes (about 12 minutes)
	$(VENV)/pytest -s tests/soak

# The cluster is the one that KUBECONFIG names; a context that is not for tests is refused.
e2e: setup ## Run the tests on a Kubernetes cluster (kind-*, minikube or test-cluster)
	$(VENV)/pytest tests/e2e

e2e-smoke: setup ## Run the short path of the tests on a Kubernetes cluster
	$(VENV)/pytest -s -m smoke tests/e2e

# Simulated markets of many seeds: about half an hour on two processors (ARGS="--quick" only tries the way).
evaluate: setup ## Measure the detectors and write docs/detection-results.md (ARGS="--help" shows what can be chosen)
	$(VENV)/python -m cryptostream_evaluation $(ARGS)

# Medians of repeated runs: minutes, on a machine that does nothing else (ARGS="--quick" only tries the way).
bench: setup ## Compare with the naive pipeline and write docs/performance.md (ARGS="--help" shows what can be chosen)
	@PYTHONPATH=tests $(VENV)/python -m bench $(ARGS)

check: setup ## Check format, lint, types and the direction of dependencies
	$(VENV)/ruff format --check
	$(VENV)/ruff check
	$(VENV)/mypy
	$(VENV)/lint-imports

format: setup ## Format and mend what can be mended
	$(VENV)/ruff check --fix
	$(VENV)/ruff format

generate: setup ## Write the CRD, the dashboards and the documents that follow from the code anew
	$(VENV)/python -m cryptostream_operator.api.crd > charts/cryptostream/files/crds/cryptostreams.yaml
	$(VENV)/python -m cryptostream_operator.api.reference --write docs/custom-resource.md
	$(VENV)/cryptostream settings > docs/settings.md
	$(VENV)/python -m cryptostream_grafana
	PYTHONPATH=charts $(VENV)/python -m cryptostream_chart

lock: setup ## Resolve the locked versions anew
	@for name in python java node uv; do \
	  case $$name in python) source="pyproject.toml --all-extras --group dev";; *) source="locks/$$name.in";; esac; \
	  "$$(command -v uv || echo .tools/uv/bin/uv)" pip compile --quiet --upgrade $$source --universal --python-version 3.11 \
	    --generate-hashes --no-emit-index-url --no-header -o locks/$$name.txt; \
	done
	$(VENV)/python -m cryptostream_local.jars --lock
	PYTHONPATH=tests $(VENV)/python -m bench.naive.driver

clean: ## Remove everything that was set up or downloaded
	rm -rf .venv .tools .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis
