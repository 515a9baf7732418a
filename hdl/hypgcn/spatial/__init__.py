"""The spatial unit: graph product and 1x1 convolution of the rows of X, requantised to rows of H."""

from .array import ConvArray
from .array_config import ConvArrayConfig
from .frame_buffer import FrameBuffer, FrameBufferConfig
from .graph import GraphConfig, GraphUnit
from .loader import RowLoader, RowLoaderConfig
from .row_buffer import RowBuffer, RowBufferConfig
from .unit import SPATIAL_UNITS, SpatialConfig, SpatialUnit

__all__ = ["SPATIAL_UNITS", "ConvArray", "ConvArrayConfig", "FrameBuffer", "FrameBufferConfig", "GraphConfig",
           "GraphUnit", "RowBuffer", "RowBufferConfig", "RowLoader", "RowLoaderConfig", "SpatialConfig", "SpatialUnit"]
