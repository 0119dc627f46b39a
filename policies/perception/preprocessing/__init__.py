"""Camera frames to input tensors."""
