"""Learned policies by declaration: ``policy.yaml`` says what a network is shown and what its outputs mean."""
