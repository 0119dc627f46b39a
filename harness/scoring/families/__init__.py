"""The metrics that every task may be judged by, a family a file."""
