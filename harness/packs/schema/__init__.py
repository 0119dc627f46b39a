"""JSON Schema of packs."""
