"""Foldings of an ensemble: one a stream, in one file."""

import json
from collections.abc import Sequence
from pathlib import Path

from .ensemble import Ensemble
from .folding import Folding

__all__ = ["Foldings", "foldings_of", "foldings_to_json", "load_foldings"]

Foldings = Folding | tuple[Folding, ...]
"""The parallelism of one network, or of each network of an ensemble."""


def foldings_of(foldings: Foldings) -> tuple[Folding, ...]:
    """Folding of each network of an ensemble, or the one of one network."""
    return foldings if isinstance(foldings, tuple) else (foldings,)


def foldings_to_json(ensemble: Ensemble, foldings: Sequence[Folding]) -> str:
    """JSON text of a folding for each stream, which :func:`load_foldings` reads."""
    return json.dumps({"streams": {stream: folding.to_dict() for stream, folding in zip(ensemble.streams, foldings)}},
                      indent=1) + "\n"


def load_foldings(path, ensemble: Ensemble) -> tuple[Folding, ...]:
    """Foldings of the JSON file at ``path``, one a stream of ``ensemble``, in their order.

    Raises
    ------
    ValueError
        The file is not one of an ensemble, lacks a stream, has another one, or a folding does not fit its design.
    """
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is not a file of foldings, which is JSON: {error}") from error
    if not isinstance(data, dict) or not isinstance(data.get("streams"), dict):
        raise ValueError(f"{path} is not a file of foldings: it must be an object with streams, a folding for each of "
                         f"{', '.join(ensemble.streams)}; hypgcn allocate --stream writes one")
    entries = data["streams"]
    if set(entries) != set(ensemble.streams):
        raise ValueError(f"{path}: streams must be {', '.join(ensemble.streams)}, not {', '.join(entries) or 'none'}")
    foldings = []
    for stream, design in zip(ensemble.streams, ensemble.designs):
        folding = Folding.from_dict(entries[stream], f"{path}: {stream}")
        try:
            folding.validate(design)
        except (ValueError, TypeError) as error:
            raise ValueError(f"{path}: {stream}: {error}") from error
        foldings.append(folding)
    return tuple(foldings)
