"""``workbench train``: a task, a model, a recipe; a bar while it runs, a record in a store."""

import argparse

#: What a data set is made a task of, by its target: one graph, many graphs.
MAKERS = {
    "class": ("node_labels", "graph_labels"),
    "value": (None, "graph_values"),
    "multilabel": (None, "graph_multilabels"),
    "link": ("held_out_links", None),
}


def add(commands) -> argparse.ArgumentParser:
    """Declare the command."""
    command = commands.add_parser(
        "train",
        help="train a model on a task: a table and a record",
        epilog="Options of the task (--num-classes 3, --metric rmse) and of the model (--dropout "
        "0.1) follow by their names; `workbench list tasks` and `list models` show them.",
    )
    command.add_argument(
        "task",
        metavar="TASK",
        help="a task and what it is made of, such as ring_transfer:10, transfer:grid:5x5 or "
        "node_labels:Cora; or, with --target, a data set: a name such as MUTAG or Cora, or a file",
    )
    command.add_argument("--model", default="GCN", help="a name of `list models` (default GCN)")
    command.add_argument(
        "--target", choices=list(MAKERS), help="what to predict where TASK is a data set"
    )
    command.add_argument("--layers", type=int, default=4, help="of the model (default 4)")
    command.add_argument("--width", type=int, default=64, help="of its layers (default 64)")
    command.add_argument(
        "--num-graphs", type=int, metavar="N", help="of each part of a packed file the first N"
    )
    command.add_argument(
        "--score", action="append", default=[], metavar="NAME", help="report this score too"
    )
    recipe = command.add_argument_group("recipe", "what is not given is as in Recipe()")
    recipe.add_argument("--epochs", type=int, help="passes over the training graphs (default 100)")
    recipe.add_argument("--learning-rate", type=float, help="after warm-up (default 0.01)")
    recipe.add_argument("--weight-decay", type=float, help="of matrices (default 0.0005)")
    recipe.add_argument("--batch-size", type=int, help="graphs (default 32)")
    recipe.add_argument("--optimizer", help="adam, adamw or sgd (default adam)")
    recipe.add_argument("--schedule", help="constant (the default), linear, cosine or plateau")
    recipe.add_argument("--warm-up", type=int, help="epochs in which the rate rises (default 0)")
    recipe.add_argument("--clip-norm", type=float, help="largest norm of the gradient")
    recipe.add_argument("--patience", type=int, help="end so many epochs after the best one")
    recipe.add_argument("--accumulate", type=int, help="batches for one step (default 1)")
    command.add_argument("--seed", type=int, default=0, help="of every random choice (default 0)")
    command.add_argument("--device", help="such as cuda (default: the processor)")
    command.add_argument(
        "--store", default="runs/train", metavar="DIR", help="for the record (default runs/train)"
    )
    command.add_argument(
        "--checkpoint", metavar="FILE", help="keep the state here; go on from it if it is there"
    )
    command.add_argument("--root", metavar="DIR", help="folder of data sets (see report)")
    command.set_defaults(takes_rest=True)
    return command


def run(arguments: argparse.Namespace) -> int:
    """Train, print the scores, write the record.

    ``arguments.rest`` holds the options of task and model, ``--name value``.

    Raises:
        ValueError: nothing has that name, or an option is out of its range.
    """
    from workbench.cli.training import train

    return train(arguments)
