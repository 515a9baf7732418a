"""The golden model: NumPy integers only, one file per hardware unit under the same name.

Every function follows ``docs/numbers.md`` and computes in int64, independent of time, lanes and folding. Functions have
the names of their modules, so they are imported from there; only the network and absent persons are exported here.
"""

from .absent import AbsentResponse, absent_response
from .network import run

__all__ = ["AbsentResponse", "absent_response", "run"]
