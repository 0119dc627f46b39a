"""Commands about packs: written, checked, expanded, looked at, and what they can name."""
