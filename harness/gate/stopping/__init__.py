"""Gates that are decided while the run goes on."""
