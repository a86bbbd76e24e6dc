"""The fixtures of the oracle, for the example notebooks."""

from tests.oracle.conftest import place, settings

__all__ = ["place", "settings"]
