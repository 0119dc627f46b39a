"""What a `model.yaml` says: its text with the place of every value, what it may say, and edits of it."""
