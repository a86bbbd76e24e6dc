"""The three-way oracle: a notebook must do the same plain, as a miss and as a hit.

``python -m tests.oracle FOLDER_OR_NOTEBOOK...`` runs each notebook plain, with every code cell
marked on an empty store, and once more on the store that this left, in three fresh kernels on
three equal copies of the notebook's folder. Every message and the whole state that is left are
compared. Nothing here imports the package under test.

Not a difference, because a hit is shown at once and not as it happened:

- where a stream is cut into chunks, and text that a carriage return has written over,
- outputs that `clear_output` removed, and displays as they were before they were updated,
- generated display ids, addresses, file names of cells, and the measured times of `%time`,
- the status line of `--verbose`,
- what differs between two plain runs as well: it is reported as varying.
"""
