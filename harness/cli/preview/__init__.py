"""What ``simgate preview`` draws: start frames from a child process, and histograms."""
