"""Isaac Lab tasks as environments: many worlds in one simulation, each as if it were alone."""
