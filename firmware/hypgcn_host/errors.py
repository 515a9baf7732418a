"""Errors of the host's drivers."""

__all__ = ["AbiError", "BusError", "BusTimeout", "CoreError", "HashError", "IdentityError", "ResultError",
           "ShapeError"]


class CoreError(Exception):
    """A failure at the core or of the bus; the text names it."""


class BusError(CoreError):
    """The bus reported a failure."""


class BusTimeout(CoreError):
    """The core or the bus did not answer in time."""


class IdentityError(CoreError):
    """There is no hypgcn core at this address."""


class AbiError(CoreError):
    """The registers of the core are of another version than the driver."""


class HashError(CoreError):
    """The core was made from another design."""


class ShapeError(CoreError):
    """The shape that the core reports is impossible."""


class ResultError(CoreError):
    """What came back is not the result of this clip."""
