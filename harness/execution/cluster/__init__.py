"""Hosts on the nodes of a Ray cluster: files brought there, records brought back."""
