"""Two runs held against each other, and the baselines that one of them may be."""
