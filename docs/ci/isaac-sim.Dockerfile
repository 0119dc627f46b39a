# simgate on NVIDIA's Isaac Sim container. Not built by its authors: it needs NVIDIA's image, and a GPU to run.
#
#   docker build -f docs/ci/isaac-sim.Dockerfile --build-arg ISAAC_SIM_IMAGE=<image> -t simgate-isaac-sim .
#   mkdir -p runs && chmod a+rwx runs
#   docker run --rm --gpus all -e ACCEPT_EULA=Y -v "$PWD/runs:/simgate/runs" \
#       -v simgate-cache:/isaac-sim/.cache -v simgate-compute:/isaac-sim/.nv/ComputeCache simgate-isaac-sim \
#       run scenarios/office_doors --adapter isaacsim --variants 2
#
# <image> is the Isaac Sim container as NVIDIA's installation guide names it, with a tag of the 6.x line.
# ACCEPT_EULA=Y is yours to say: it accepts NVIDIA's licence. The two volumes keep compiled shaders: without
# them every start takes minutes. What of the checkout goes in is in isaac-sim.Dockerfile.dockerignore.
ARG ISAAC_SIM_IMAGE=isaac-sim:6.0.1
FROM ${ISAAC_SIM_IMAGE}

USER root
WORKDIR /simgate
COPY . /simgate

# The hosts' Python is Isaac Sim's own: what it brings stays as it is. Pip does not see what lies in Isaac
# Sim's extensions, so the constraints name those versions.
RUN /isaac-sim/python.sh -m pip install --no-cache-dir --no-deps . \
 && /isaac-sim/python.sh -m pip install --no-cache-dir -c docs/ci/isaac-sim-constraints.txt \
      "pydantic>=2.10" pyyaml pillow onnxruntime pytest

# The command line has a Python of its own, with everything. Isaac Sim 6 brings Python 3.12.
RUN /isaac-sim/kit/python/bin/python3 -m venv /opt/simgate \
 && /opt/simgate/bin/pip install --no-cache-dir -c constraints.txt .

# NVIDIA's image runs as this user, with /isaac-sim as its home. A new volume takes over the owner of the
# folder that it covers.
RUN mkdir -p /simgate/runs /isaac-sim/.cache /isaac-sim/.nv/ComputeCache \
 && chown isaac-sim /simgate/runs /isaac-sim/.cache /isaac-sim/.nv /isaac-sim/.nv/ComputeCache
USER isaac-sim

# Nothing of Isaac Sim's environment may leak into the command line's Python.
ENV SIMGATE_ISAAC_PYTHON=/isaac-sim/python.sh
ENTRYPOINT ["/opt/simgate/bin/simgate"]
CMD ["doctor", "--adapter", "isaacsim"]
