"""Failure slices: regions of the parameters in which variants fail, found by a tree, proven on others.

scikit-learn (extra ``slices``) is imported when slices are searched, not before.
"""

from simgate.harness.slices.find import MissingExtra, find_slices
from simgate.harness.slices.slice import Condition, Slice

__all__ = ["Condition", "MissingExtra", "Slice", "find_slices"]
