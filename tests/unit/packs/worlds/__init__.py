"""What packs say of worlds."""
