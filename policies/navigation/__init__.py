"""Building blocks of controllers: calibration, tracking of doors and people, lane planning."""
