"""MuJoCo: the embedded default, runs anywhere with software OpenGL."""
