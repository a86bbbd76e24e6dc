"""The three kernels of the kernel tests."""

from tests.kernel.conftest import isolated, kernel, kernels, start

__all__ = ["isolated", "kernel", "kernels", "start"]
