"""The models of an episode in the loop: what they are given, when answers arrive, and what that took."""
