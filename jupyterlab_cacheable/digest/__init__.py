"""What a value is, as a short text: equal for equal values in every process, different otherwise.

Nothing here imports numpy, pandas or pyarrow before the user did.
"""

from .column import column_digest
from .describe import describe
from .facts import facts_of
from .undigestible import Undigestible
from .walker import Definition, Digest, digest

__all__ = [
    "Definition",
    "Digest",
    "Undigestible",
    "column_digest",
    "describe",
    "digest",
    "facts_of",
]
