"""Isaac Sim as an application: installed, licensed, alone on its GPU, and started once for the process."""
