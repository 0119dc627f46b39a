"""What is kept of an episode: its trace, its outputs and its pictures, in files."""
