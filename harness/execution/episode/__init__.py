"""One episode: the closed loop, perception and latency, whether it can be believed, what is kept of it."""
