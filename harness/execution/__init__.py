"""The engine: plans runs, hands variants to host processes, plays the episodes and keeps the records."""
