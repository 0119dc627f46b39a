"""What packs ask of episodes and runs."""
