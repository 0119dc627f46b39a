"""From a checked pack to variants: every value a function of pack, scenario, seed, index and name."""
