"""Keys, values and messages of the language."""
