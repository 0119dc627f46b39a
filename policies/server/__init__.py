"""Policies behind a server: openpi's websocket protocol, chunks of actions, latency in simulated time."""
