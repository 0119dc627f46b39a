"""What of a stage is seen: materials and their pictures, lights, cameras."""
