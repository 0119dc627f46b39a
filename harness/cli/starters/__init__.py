"""The files that ``simgate init`` writes."""
