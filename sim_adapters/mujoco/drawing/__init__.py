"""How MuJoCo draws a scene, and what of it is in sight."""
