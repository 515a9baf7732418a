"""The spatial unit: graph product and 1x1 convolution of the rows of X, requantised to rows of H."""

from .array import ConvArray
from .array_config import ConvArrayConfig
from .config import SPATIAL_UNITS, SpatialConfig
from .corner_turn import CornerTurn, CornerTurnConfig
from .frame_buffer import FrameBuffer, FrameBufferConfig
from .graph import GraphUnit
from .graph_config import GraphConfig
from .loader import RowLoader, RowLoaderConfig
from .row_buffer import RowBuffer, RowBufferConfig
from .unit import SpatialUnit

__all__ = ["SPATIAL_UNITS", "ConvArray", "ConvArrayConfig", "CornerTurn",
           "CornerTurnConfig", "FrameBuffer", "FrameBufferConfig", "GraphConfig",
           "GraphUnit", "RowBuffer", "RowBufferConfig", "RowLoader", "RowLoaderConfig", "SpatialConfig", "SpatialUnit"]
