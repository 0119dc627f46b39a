"""What the office corridor is made of: shell, doorway, clutter, and its parameters."""
