"""Files that others name: found, plain and of a bounded size, and read as what they are."""
