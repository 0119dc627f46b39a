"""What ``simgate eval`` asks for in one line, as a pack."""
