"""What a job of a CI system is told of a run."""
