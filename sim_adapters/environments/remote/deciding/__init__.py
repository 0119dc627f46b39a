"""Policies in the interpreter that they are installed in: alone, or beside their environments."""
