"""The pytest front end: packs are collected, run by the engine, and reported as test cases."""
