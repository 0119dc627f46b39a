"""What will run."""
