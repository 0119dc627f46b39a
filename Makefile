# simgate: `make demo` and `make test` are all a newcomer needs.
PYTHON  ?= $(shell command -v python3.11 || command -v python3)
VENV    ?= .venv
ROS      = .ros
BIN      = $(VENV)/bin
WORKERS ?=
ARGS    ?=
ISAAC   ?= .isaac

.PHONY: demo demos test extras isaac slow lint format train ros quality mutants benchmarks gpu docs release-check clean help

help:            ## what can be made
	@grep -hE '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

demo: $(VENV)/.core | gl  ## judge the shipped model on the office_doors pack (ARGS="--model policies/reference_model/v1/model.yaml" for the old one)
	$(BIN)/simgate run scenarios/office_doors $(if $(WORKERS),--workers $(WORKERS)) $(ARGS)

# office_doors and tabletop_grasp judge a model, the others a policy with its network.
DEMOS = office_doors quadruped_walk safety_stop tabletop_grasp
demos: $(VENV)/.core | gl ## judge every shipped candidate on its pack; a line for each verdict (DEMOS="safety_stop" for some)
	@failed=0; for pack in $(DEMOS); do \
	  said=$$($(BIN)/simgate run scenarios/$$pack $(if $(WORKERS),--workers $(WORKERS)) $(ARGS)) || failed=1; \
	  echo "$$pack: $$(echo "$$said" | tail -n 1)"; \
	done; exit $$failed

test: $(VENV)/.dev | gl   ## run the tests, all but the slow ones (they are in `make quality` and `make slow`)
	$(BIN)/python -m pytest -m "not slow" $(ARGS)

extras: $(VENV)/.extras   ## install torch, OpenUSD, PhysX, Ray, parquet and a store of objects too, so that fewer tests skip (3 GB; torch as a CPU build where pip finds one)

isaac: $(ISAAC)/.made     ## install Isaac Lab 3 without Kit into .isaac, for worlds that are its tasks and for tests/isaac (2.6 GB, Python 3.11)

slow: $(VENV)/.dev | gl   ## run the slow tests (half an hour)
	$(BIN)/python -m pytest -m slow $(ARGS)

lint: $(VENV)/.dev        ## ruff, mypy --strict, import-linter, simgate lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/simgate lint scenarios

format: $(VENV)/.dev      ## put the code into its shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

train: $(VENV)/.torch | gl ## rebuild the reference model (two cores, under 30 minutes)
	$(BIN)/python -m simgate.policies.reference_model.train $(ARGS)

ros: $(ROS)/.done         ## real rclpy and Fast DDS beside the rest, for scenarios/ros_doors and tests/ros (250 MB)

quality: $(VENV)/.dev | gl ## does the gate catch seeded regressions? (minutes)
	$(BIN)/python -m pytest tests/quality -m "slow or not slow" $(ARGS)

mutants: $(VENV)/.mutants ## do the tests see? (small changes of the code, a sample; ARGS="--rooms scoring --sample 30 --minutes 20")
	$(BIN)/python tests/quality/mutants.py $(ARGS)

benchmarks: $(VENV)/.dev | gl ## how much the harness costs over a hand-written loop, the language over bare arrays, a run by its size, its driver, an environment's step over a bare loop
	$(BIN)/python -m tests.benchmarks.overhead
	$(BIN)/python -m tests.benchmarks.expansion
	$(BIN)/python -m tests.benchmarks.scale
	$(BIN)/python -m tests.benchmarks.driver
	$(BIN)/python -m tests.benchmarks.environments

gpu: $(VENV)/.dev         ## on a machine with a CUDA card: conformance, parity, worlds a second, one table in runs/gpu.md (ARGS="--device cpu" without one)
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[torch,mujoco-warp,gpu]'
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[cuda]' || echo "onnxruntime-gpu does not install here"
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[tensorrt]' || echo "TensorRT does not install here"
	$(BIN)/python -m tests.benchmarks.gpu $(ARGS)

docs: $(VENV)/.core       ## write the pages of docs/ that are made from the code
	$(BIN)/python -m simgate.harness.cli.pages

release-check: | gl       ## build the wheel and try it in an empty environment
	PYTHON=$(PYTHON) .ci/release-check

clean:           ## remove what make has installed and what runs have left
	rm -rf $(VENV) $(ISAAC) $(ROS) build dist *.egg-info runs .pytest_cache .mypy_cache .ruff_cache .hypothesis .train

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "simgate needs Python 3.11 or newer; on Debian: apt-get install python3 python3-venv"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "simgate needs Python 3.11 or newer, $(PYTHON) is older; set PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "no venv module; on Debian: apt-get install python3-venv"; rm -rf $(VENV); exit 1; }

$(VENV)/.core: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing simgate into $(VENV)"
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.core
	@echo "Installing what the tests need into $(VENV)"
	@$(BIN)/pip install --quiet --disable-pip-version-check --use-pep517 -c constraints.txt -e '.[dev]'
	@touch $@

$(VENV)/.mutants: $(VENV)/.dev
	@echo "Installing cosmic-ray into $(VENV)"
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[mutants]'
	@touch $@

$(VENV)/.torch: $(VENV)/.core
	@echo "Installing torch into $(VENV)"
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[torch]'
	@touch $@

# ovphysx asks for packaging<24 and pytest for more; it uses nothing that the newer one lacks (docs/physx.md).
$(VENV)/.extras: $(VENV)/.dev
	@echo "Installing torch, OpenUSD, PhysX, Ray, parquet and a store of objects into $(VENV)"
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[torch,parquet,ray,store-tests]'
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt --no-deps usd-core ovphysx ovstage warp-lang physx-usd-schemas newton-usd-schemas mujoco-warp absl-py etils zipp
	@touch $@

# Its releases contradict each other in what they ask for, and ours: so an environment of its own, and each as listed.
$(ISAAC)/.made: docs/ci/isaac-lab.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { echo "Isaac Lab without Kit was set up with Python 3.11, $(PYTHON) is another; set PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Installing Isaac Lab and its physics into $(ISAAC) (2.6 GB, minutes)"
	@$(PYTHON) -m venv $(ISAAC)
	@$(ISAAC)/bin/pip install --quiet --disable-pip-version-check --no-deps --ignore-requires-python -r docs/ci/isaac-lab.txt
	@$(ISAAC)/bin/python -c 'import isaaclab_tasks' 2>/dev/null || { echo "isaaclab_tasks cannot be imported in $(ISAAC)"; exit 1; }
	@touch $@
	@echo "Done: python: $(ISAAC)/bin/python in a pack, simgate worlds isaaclab:Isaac-Cartpole --python $(ISAAC)/bin/python"

# The ROS installation sees what simgate has, so that a node of its own Python can run simgate's code too.
$(ROS)/.done: $(VENV)/.core Makefile
	@echo "Installing ROS 2 Jazzy into $(ROS)"
	@$(PYTHON) -m venv $(ROS)
	@$(ROS)/bin/pip install --quiet --disable-pip-version-check -c constraints.txt 'ros-jazzy-rclpy[fastrtps]==7.1.6' \
	  ros-jazzy-geometry-msgs==5.3.6 ros-jazzy-nav-msgs==5.3.6 ros-jazzy-rosgraph-msgs==2.0.3 ros-jazzy-sensor-msgs==5.3.6 \
	  ros-jazzy-std-msgs==5.3.6 ros-jazzy-std-srvs==5.3.6 ros-jazzy-trajectory-msgs==5.3.6 ros-jazzy-test-msgs==2.0.3
	@echo "import site; site.addsitedir('$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')')" \
	  > "$$($(ROS)/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/simgate.pth"
	@touch $@

.PHONY: gl
gl:
	@sh .ci/ensure-gl
