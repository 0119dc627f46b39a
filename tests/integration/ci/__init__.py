"""What CI services do with the examples of docs/ci, as far as their shell lines and artifacts go."""
