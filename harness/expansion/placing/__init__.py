"""Objects put down without overlap."""
