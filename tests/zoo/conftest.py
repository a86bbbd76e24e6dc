"""The zoo uses the three shared kernels of the kernel tests."""

from tests.kernel.conftest import kernels

__all__ = ["kernels"]
