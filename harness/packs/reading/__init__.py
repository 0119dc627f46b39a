"""From a tree to a pack, one kind of thing a file; every problem is reported."""
