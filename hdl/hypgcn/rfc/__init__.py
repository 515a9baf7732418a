"""Runtime feature compression (RFC): zeros are neither stored nor multiplied."""

from .decoder import RfcDecoder
from .encoder import RfcEncoder
from .expander import RfcExpander
from .serial_encoder import RfcSerialEncoder, encode_slices, encoder_of, skid_behind
from .slicer import RfcSlicer, span_layout
from .store import RowStore, RowStoreConfig

__all__ = ["RfcDecoder", "RfcEncoder", "RfcExpander", "RfcSerialEncoder", "RfcSlicer", "RowStore", "RowStoreConfig",
           "encode_slices", "encoder_of", "skid_behind", "span_layout"]
