"""Sites in MJCF, and MuJoCo itself."""
