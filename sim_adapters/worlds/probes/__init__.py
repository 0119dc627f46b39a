"""The smallest worlds that show whether a simulator works: a room to drive in, an arm to move."""
