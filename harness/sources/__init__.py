"""What code a plugin is, told from files: which modules it imports, what is in them, who released them."""
