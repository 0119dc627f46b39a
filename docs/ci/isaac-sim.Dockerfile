# simgate on NVIDIA's Isaac Sim container. Not built by its authors: it needs NVIDIA's image, and a GPU to run.
#
#   docker build -f docs/ci/isaac-sim.Dockerfile --build-arg ISAAC_SIM_IMAGE=<image> -t simgate-isaac-sim .
#   docker run --gpus all -e ACCEPT_EULA=Y -v "$PWD/runs:/simgate/runs" simgate-isaac-sim \
#       run scenarios/office_doors --adapter isaacsim --variants 2
#
# <image> is the Isaac Sim container as NVIDIA's installation guide names it, with a tag of the 6.x line.
# ACCEPT_EULA=Y is yours to say: it accepts NVIDIA's licence.
ARG ISAAC_SIM_IMAGE=isaac-sim:6.0.1
FROM ${ISAAC_SIM_IMAGE}

USER root
WORKDIR /simgate
COPY . /simgate

# The hosts' Python is Isaac Sim's own: what it brings stays as it is.
RUN /isaac-sim/python.sh -m pip install --no-cache-dir --no-deps . \
 && /isaac-sim/python.sh -m pip install --no-cache-dir -c constraints.txt pydantic pyyaml pillow onnxruntime pytest

# The command line has a Python of its own, with everything. Isaac Sim 6 brings Python 3.12.
RUN /isaac-sim/kit/python/bin/python3 -m venv /opt/simgate \
 && /opt/simgate/bin/pip install --no-cache-dir -c constraints.txt .

# Nothing of Isaac Sim's environment may leak into the command line's Python.
ENV SIMGATE_ISAAC_PYTHON=/isaac-sim/python.sh
ENTRYPOINT ["/opt/simgate/bin/simgate"]
CMD ["doctor", "--adapter", "isaacsim"]
