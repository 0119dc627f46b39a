"""A variant of a run becomes a pinned variant of a pack's file."""
