"""What the commands on model packages share."""
