"""Between a command and its terminal: everything that is printed, and the signals that end it."""
