"""The subcommand ``hypgcn predict``."""

from hypgcn.console import add_json, examples, finished, show
from hypgcn.needs import checked

from .predict_config import PredictConfig

__all__ = ["register_predict"]

_TEXT = "class names and probabilities of recordings"
_FILES = ("json",)
"""Settings that are options of their own."""


def register_predict(commands, add_options, config_of):
    """Add the parser to argparse's subparsers ``commands``; the other arguments are the helpers of ``cli.py``."""
    parser = commands.add_parser("predict", help=_TEXT, description=f"Print {_TEXT}, by a float network, a pruned "
                                                                              "one or an int8 design.")
    examples(parser, "hypgcn predict checkpoints/nwucla_small/design --data build/motion20.npz --top 3",
             "hypgcn predict checkpoints/nwucla_small/design checkpoints/nwucla_small_bone/design "
             "--data build/motion20.npz --json")
    parser.add_argument("networks", metavar="NETWORK", nargs="+",
                        help="checkpoint, or folder of a design, whose integers are computed without a simulator; of "
                             "several, of the same or of different streams, scores are summed")
    parser.add_argument("--data", metavar="RECORDING", nargs="+", required=True,
                        help="recordings in any format that is read, with or without labels")
    add_options(parser, PredictConfig, skip=_FILES)
    add_json(parser)
    parser.set_defaults(run=lambda args: _predict(args, config_of(PredictConfig, args, skip=_FILES)))
    checked(parser, "predict", ("train",))


def _predict(args, config):
    from . import predict, table  # torch is loaded here, not when commands are listed

    answers, names, report = predict.predicted(args.networks, args.data, config)
    show(args, report, lambda: table.answer_table(answers, names, top=config.top))
    finished(config.picture, then=["view", args.data[0]])
