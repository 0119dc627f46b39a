"""The kinds of gate rules, one a file."""
