"""What a diagnostic means, and the formats in which it is told."""
