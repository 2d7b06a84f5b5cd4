"""Which numbers can be the classes of nodes or graphs."""

from torch import Tensor


def check_classes(labels: Tensor, where: str) -> None:
    """Raise unless these are classes: whole numbers from 0, -1 or NaN where not known.

    Negative numbers stand for "not known" in data sets of this field. Where another negative number
    is among them, or -1 leaves a single class, they are classes that would vanish.

    Raises:
        ValueError: a label is a measured value, or a class is negative.
    """
    known = labels[labels >= 0]
    broken = known[(known != known.round()) | known.isinf()] if known.is_floating_point() else None
    if broken is not None and broken.numel():
        raise ValueError(
            f"{where} has the label {float(broken[0]):g}, a measured value and no class; give "
            "whole numbers from 0, such as numbers of intervals by torch.bucketize"
        )
    below = labels[labels < 0].unique().tolist()
    count = known.unique().numel()
    if below and (below != [-1] or count == 1):
        told = ", ".join(f"{label:g}" for label in (*below, *known.unique().tolist())[:6])
        raise ValueError(
            f"{where} has the labels {told}: -1 means not known, and other negative numbers are no "
            f"classes, which leaves {count}; number the classes from 0, as by "
            "y = torch.unique(y, return_inverse=True)[1]"
        )
