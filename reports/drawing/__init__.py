"""What a report draws: lanes over time, points over their limits, intervals of a rate."""
