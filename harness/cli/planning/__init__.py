"""What ``simgate plan`` works out: how long a pack takes here, and what its gate can see."""
