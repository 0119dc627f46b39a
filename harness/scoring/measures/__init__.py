"""Arithmetic of perception's and motion's quality on plain arrays, for metrics of ours and of plugins."""
