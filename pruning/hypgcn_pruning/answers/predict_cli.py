"""The subcommand ``hypgcn predict``."""

from hypgcn.needs import checked

from .predict_config import PredictConfig

__all__ = ["register_predict"]

_TEXT = "class names and probabilities of recordings, by a float network, a pruned one or an int8 design"


def register_predict(commands, add_options, config_of):
    """Add the parser to argparse's subparsers ``commands``; the other arguments are the helpers of ``cli.py``."""
    parser = commands.add_parser("predict", help=_TEXT, description=_TEXT)
    parser.add_argument("networks", metavar="NETWORK", nargs="+",
                        help="checkpoint, or folder of a design, whose integers are computed without a simulator; of "
                             "several, of the same or of different streams, scores are summed")
    parser.add_argument("--data", metavar="RECORDING", nargs="+", required=True,
                        help="recordings in any format that is read, with or without labels")
    add_options(parser, PredictConfig)
    parser.set_defaults(run=lambda args: _predict(args, config_of(PredictConfig, args)))
    checked(parser, "predict", ("train",))


def _predict(args, config):
    from . import predict, table  # torch is loaded here, not when commands are listed

    answers, names = predict.predict_step(args.networks, args.data, config)
    print(table.answer_table(answers, names, top=config.top))
    for path in (config.json, config.picture):
        if path:
            print(f"written: {path}")
