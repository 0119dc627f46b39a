"""TensorRT: engines built, described by a sidecar, checked before they are loaded, and run."""
