"""The Jupyter server's side: REST routes over the store. Never unpickles, never runs user code."""
