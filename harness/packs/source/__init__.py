"""What stands in a file: keys, typed values, numbers as people write them, tables."""
