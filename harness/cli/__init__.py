"""The command line: parsing, progress, summaries."""
