"""Signal temporal logic: formulas, their robustness over a trace, and the metric made of it."""
