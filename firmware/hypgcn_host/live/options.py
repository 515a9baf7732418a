"""Options that ``hypgcn live`` and ``hypgcn live-measure`` share: designs, devices, and how a stream is cut."""

from contextlib import ExitStack
from dataclasses import fields

from ..errors import CoreError
from .classifier import LiveClassifier, LiveConfig
from .cores import open_core
from .network import LiveNetwork, network_values
from .schema import StreamFormat

__all__ = ["add_networks", "config_of", "open_networks", "seconds"]

_HELP = {
    "window": "seconds of a clip; of several, such as 1,1.5,2, logits are averaged",
    "hop": "new frames from one answer to the next",
    "begin": "seconds of a person before the first answer", "smooth": "seconds over which probabilities are smoothed",
    "threshold": "probability below which an answer is no action",
    "patience": "seconds for which somebody may be unseen and keeps the place", "people": "people at most",
}


def add_networks(parser):
    """Add the designs, the devices, and the options of :class:`~.classifier.LiveConfig`."""
    parser.add_argument("designs", metavar="DESIGN", nargs="+",
                        help="folder of a design or of an ensemble, or a preset; of several, such as joint and bone, "
                             "scores are summed")
    parser.add_argument("--device", action="append", metavar="NAME[:WHERE]",
                        help="what computes: golden (default), sim[:FOLDER], sim-c[:FOLDER], uart:PORT[@BAUD], "
                             "pynq:BITSTREAM[@CORE,DMA]; once for all designs, or once for each")
    parser.add_argument("--weights", metavar="W,...", help="weights of the designs in the sum (default: 1 each)")
    parser.add_argument("--channels", metavar="KIND",
                        help="what the channels of the networks are: xy, xys, xyz or xyzs (default: by the skeleton)")
    for field in fields(LiveConfig):
        parser.add_argument(f"--{field.name}", type=seconds if field.name == "window" else field.type,
                            default=field.default, metavar="N",
                            help=f"{_HELP[field.name]} (default: %(default)s)")


def seconds(text: str) -> float | tuple[float, ...]:
    """Seconds, or several with commas between."""
    found = tuple(float(word) for word in text.split(","))
    return found[0] if len(found) == 1 else found


def config_of(args) -> LiveConfig:
    """The options of :func:`add_networks`."""
    return LiveConfig(**{field.name: getattr(args, field.name) for field in fields(LiveConfig)})


def open_networks(args, stack: ExitStack, form: StreamFormat | None = None) -> list[LiveNetwork]:
    """Designs of the arguments with their cores; all that can be refused is, before a core is opened.

    Parameters
    ----------
    args : argparse.Namespace
        Of :func:`add_networks`.
    stack : ExitStack
        Closes the cores.
    form : StreamFormat or None
        Of the stream; ``None`` for joints and numbers as the first design has them.
    """
    from hypgcn.choices import load_design_or_ensemble
    from hypgcn.design.ensemble import designs_of

    designs = [load_design_or_ensemble(text) for text in args.designs]
    devices = args.device or ["golden"]
    if len(devices) not in (1, len(designs)):
        raise ValueError(f"--device must be there once, or once for each of the {len(designs)} designs, not "
                         f"{len(devices)} times")
    weights = [1.0] * len(designs)
    if args.weights is not None:
        try:
            weights = [float(word) for word in args.weights.split(",")]
        except ValueError:
            raise ValueError(f"--weights must be numbers with commas between, not {args.weights!r}") from None
    if len(weights) != len(designs):
        raise ValueError(f"--weights must be {len(designs)}, one for each design, not {len(weights)}")
    kind = args.channels or network_values(designs_of(designs[0])[0])
    settings = {"skeleton": form.skeleton if form else "", "values": form.kind if form else kind,
                "channels": args.channels or ""}
    if len(devices) == 1 and len(designs) > 1 and devices[0].partition(":")[0] in ("uart", "pynq"):
        raise ValueError(f"--device {devices[0]} must be there for each of the {len(designs)} designs: it holds one")
    networks = [LiveNetwork(design=design, core=_NoCore(), weight=weight, **settings)
                for design, weight in zip(designs, weights)]
    LiveClassifier(networks)
    try:
        for network, device in zip(networks, devices * (len(designs) // len(devices))):
            network.core = open_core(device, network.design, stack)
    except CoreError as error:
        raise OSError(f"--device {device}: {error}") from error
    return networks


class _NoCore:
    """What stands in for a core until everything has been checked."""

    def classify(self, clip):
        raise CoreError("the core is not open yet")
