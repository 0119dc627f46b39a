"""What a user may ask of a run, alike on the command line and in pytest."""
