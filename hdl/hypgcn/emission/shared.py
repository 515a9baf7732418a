from amaranth.hdl import Elaboratable

__all__ = ["shared"]


class _Shared(Elaboratable):
    """Stands for a component whose module is emitted once; ports are read through it as through the component."""

    def __init__(self, platform, component):
        self._platform, self._component = platform, component

    def __getattr__(self, name):
        return getattr(self._component, name)

    def elaborate(self, platform):
        return self._platform.share(self._component)


def shared(platform, component):
    """What to put into ``m.submodules`` for a component that appears many times.

    In simulation, and on platforms that know nothing of sharing, that is the component itself. On an
    :class:`~hypgcn.emission.platform.RtlPlatform` it is an instance of a module that is emitted once for all
    components of
    the same class with an equal ``cfg`` (which must be hashable and decide everything about the component). The ports
    of ``component`` are used as usual.
    """
    if not hasattr(platform, "share"):
        return component
    return _Shared(platform, component)
