"""Runs of several machines put together to one (``simgate merge``)."""
