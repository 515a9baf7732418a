"""Runtime feature compression: zeros are neither stored nor worked on."""

from .decoder import RfcDecoder
from .encoder import RfcEncoder
from .expander import RfcExpander
from .store import RowStore, RowStoreConfig

__all__ = ["RfcDecoder", "RfcEncoder", "RfcExpander", "RowStore", "RowStoreConfig"]
