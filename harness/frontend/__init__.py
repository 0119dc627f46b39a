"""What the command line and the pytest plugin share: options, loading, planning, the end of a run."""
