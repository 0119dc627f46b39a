"""Commands on models and policies."""
