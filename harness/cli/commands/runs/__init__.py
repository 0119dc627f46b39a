"""Commands that run variants, or what a run needs."""
