"""The loop, its models, whether an episode can be believed."""
