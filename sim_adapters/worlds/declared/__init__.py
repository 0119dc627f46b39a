"""Worlds that others have made, as a pack declares them: native files, environments, field logs."""
