"""What is kept of an episode, to be looked at."""
