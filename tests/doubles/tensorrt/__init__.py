"""A stand-in for TensorRT on a machine without a GPU: import it by putting ``tests/doubles`` on the path.

Names, arguments and enumerations are those of NVIDIA's bindings (``api/*.json``, which a contract test
compares with the real wheels). An engine computes its ONNX model with ONNX Runtime, at the given addresses.
``SIMGATE_TRT_DOUBLE`` chooses the release, ``SIMGATE_TRT_FAULT`` what goes wrong.
"""

from tests.doubles.tensorrt_double.behaviour import BEHAVIOUR
from tests.doubles.tensorrt_double.generated import make_classes, read_api

_API = read_api()
__version__ = _API["version"]
globals().update(make_classes(_API, BEHAVIOUR))
