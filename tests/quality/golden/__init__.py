"""Trace digests of the shipped packs, as they were before the core became general."""
