"""The keys of the scenario language, each defined once: meaning, type, limits, whether it must be there."""
