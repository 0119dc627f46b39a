"""Evidence: all that a release decision rests on in one file, hashed, signed, and checkable by anyone."""
