"""Components whose module is emitted once for all instances."""

from amaranth.hdl import Elaboratable

__all__ = ["shared"]


class _Shared(Elaboratable):
    """Proxy of a component whose module is emitted once; its attributes are those of the component."""

    def __init__(self, platform, component, part):
        self._platform, self._component, self._part = platform, component, part

    def __getattr__(self, name):
        return getattr(self._component, name)

    def elaborate(self, platform):
        return self._platform.share(self._component, self._part)


def shared(platform, component, *, part: str = ""):
    """Submodule for a component of which a design has many.

    In simulation, and on platforms without sharing, that is the component itself. On an
    :class:`~hypgcn.emission.platform.RtlPlatform` it is an instance of a module that is emitted once for all
    components of the same class with an equal ``cfg``, which must be hashable and determine the component. The ports
    of ``component`` are connected as usual.

    With a ``part`` it is a module of its own that is called by that in place of its class.
    """
    if not hasattr(platform, "share"):
        return component
    return _Shared(platform, component, part)
