"""Whether two sets of episodes look alike to a model: field and simulation, or two simulations."""
