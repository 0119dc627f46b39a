"""The stage that Isaac Sim holds: what is on it, and how it goes from one variant to the next."""
