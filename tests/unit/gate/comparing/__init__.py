"""Two runs, baselines."""
