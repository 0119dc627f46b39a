"""PhysX on any machine: Isaac Sim's physics engine on the CPU, with MuJoCo drawing what it moves."""
