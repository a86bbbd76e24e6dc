"""Where the elements of an array lie in memory, by either numpy's own function.

Only imported when the user imported numpy.
"""

try:
    from numpy.lib.array_utils import byte_bounds
except ImportError:  # numpy 1
    from numpy import byte_bounds  # type: ignore[attr-defined,no-redef]

__all__ = ["byte_bounds"]
