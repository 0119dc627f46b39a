"""Results of other tools as a run: read, never run; ``simgate import``."""
