"""From packs to the plan of a run: which variants, under which conditions; resumed, shared out, replayed."""
