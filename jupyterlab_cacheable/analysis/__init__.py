"""What a cell says, read from its text alone: its mark, its canonical code, its names.

Pure functions without side effects. Nothing here imports IPython, runs user code or
touches the disk, so the kernel and the server can both use it.
"""
