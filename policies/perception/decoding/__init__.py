"""Output tensors to detections, one file for each kind of head."""
