"""Pictures of what robots see and models say: to be looked at, they judge nothing."""
