"""Data sets of labelled pictures as worlds: one reader a format, all of which give :class:`Dataset`."""
