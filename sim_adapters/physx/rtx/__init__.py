"""Pictures by ovrtx, NVIDIA's RTX renderer as a library, of a stage that PhysX moves."""
