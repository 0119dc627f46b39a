"""Where random numbers come from: counter-based streams, low-discrepancy points."""
