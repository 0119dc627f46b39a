"""Host processes: started, fed, watched, ended; what they and their parent say to each other."""
