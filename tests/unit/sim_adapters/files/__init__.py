"""Files that others name, and texts of others."""
