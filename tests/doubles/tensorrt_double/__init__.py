"""Parts of the stand-in for TensorRT."""
