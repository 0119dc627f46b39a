"""What ``simgate coverage`` counts: which cells of the parameter space are hit, alone and in pairs."""
