"""Running a model: which runtime on which device, tensors against the package, batches, timing, parity."""
