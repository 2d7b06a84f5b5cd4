"""What tensors a measure may be given: nan would be counted as if it were a number."""

import torch
from torch import Tensor


def check_tensor(name: str, values: Tensor) -> None:
    """Raise unless ``values`` is a tensor of real numbers.

    Raises:
        TypeError: with what came in.
    """
    if not isinstance(values, Tensor):
        came = type(values).__name__
        raise TypeError(f"{name} must be a tensor, got {came}; use torch.as_tensor({name})")
    if values.is_complex():
        raise TypeError(f"{name} must hold real numbers, got {values.dtype}; use {name}.abs()")


def check_finite(name: str, values: Tensor) -> None:
    """Raise unless ``values`` is a tensor of finite real numbers.

    Raises:
        TypeError: it is no tensor, or complex.
        ValueError: with the first row that holds nan or inf.
    """
    check_tensor(name, values)
    wrong = ~torch.isfinite(values)
    if bool(wrong.any()):
        at = wrong.nonzero()[0].tolist()
        rows = int(wrong.flatten(1).any(1).sum()) if wrong.dim() > 1 else int(wrong.sum())
        row = f"row {at[0]}" if at else "a single number"
        raise ValueError(
            f"{name} must be finite, got {float(values[tuple(at)])} in {row} (of "
            f"{list(values.shape)}, {rows} with nan or inf); look where it arises, such as in a "
            "training that diverged or a division by 0"
        )
