"""What a pack must agree with: its world, model, metrics and gate."""
