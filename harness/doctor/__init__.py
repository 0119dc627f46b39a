"""``simgate doctor``: does this machine have what a run needs?"""
