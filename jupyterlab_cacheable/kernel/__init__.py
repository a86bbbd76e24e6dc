"""What lives in the kernel: transform, run, capture, replay."""
