"""Settings of the session that a cell can feel without reading a name, and may change.

One module for each library or part of Python, each with its groups; `session` knows them all.
"""
