"""The gate: from records to a decision with a stated confidence."""
