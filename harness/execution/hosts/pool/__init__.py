"""The supervisor of host processes: what it hands to whom, and when it gives one up."""
