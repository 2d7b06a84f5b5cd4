"""What of a model acts differently in training: its modules, and functions that it calls."""

import sys
import warnings
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

#: Where each function that drops out at random takes its share and whether it trains.
_DROPOUTS = {
    functional.dropout: ("p", 1, "training", 2),
    functional.dropout1d: ("p", 1, "training", 2),
    functional.dropout2d: ("p", 1, "training", 2),
    functional.dropout3d: ("p", 1, "training", 2),
    functional.alpha_dropout: ("p", 1, "training", 2),
    functional.feature_alpha_dropout: ("p", 1, "training", 2),
    torch.dropout: ("p", 1, "train", 2),
    torch.alpha_dropout: ("p", 1, "train", 2),
    torch.feature_dropout: ("p", 1, "train", 2),
    torch.feature_alpha_dropout: ("p", 1, "train", 2),
    functional.batch_norm: (None, 0, "training", 5),
}


def differs(module: nn.Module) -> bool:
    """Whether a module of its own acts differently in training."""
    if isinstance(module, (nn.modules.batchnorm._NormBase, nn.RReLU)):
        return True
    share = getattr(
        module, "p" if isinstance(module, nn.modules.dropout._DropoutNd) else "dropout", 0
    )
    return isinstance(share, (int, float)) and share > 0


class TrainingOnly(TorchFunctionMode):
    """Warns where a model in evaluation mode calls a function that would act in training.

    It sees ``torch.nn.functional.dropout`` and its kin and ``batch_norm``, whether they come from
    the model's own ``forward`` or from what that calls; but not what is done only if
    ``self.training``, without a call otherwise. A share of 0 makes no difference, and neither does
    a module that was in evaluation mode before. Modules that ``differs`` names are told elsewhere.

    Args:
        before: the mode of every module of the model before it was put in evaluation mode.
        training: that of the model itself.
    """

    def __init__(self, before: dict[nn.Module, bool], training: bool):
        super().__init__()
        self.before, self.training, self.told = before, training, set()

    def __torch_function__(self, func, types, args=(), kwargs=None):
        """Called by torch in place of ``func``."""
        kwargs = kwargs or {}
        if func in _DROPOUTS:
            self._look(func, args, kwargs)
        return func(*args, **kwargs)

    def _look(self, func: Any, args: tuple, kwargs: dict) -> None:
        share, place, training, other = _DROPOUTS[func]
        if share is not None and _argument(args, kwargs, share, place, 0.5) == 0:
            return
        if _argument(args, kwargs, training, other, share is not None):
            if share is not None:
                self._tell(
                    f"the model calls {func.__name__} with training=True in evaluation mode too: "
                    "what is differentiated is one random draw. Give it training=self.training"
                )
            return
        caller = self._caller()
        # what is no registered part of the model keeps its own mode, and acts as it always does
        would = self.training if caller is None else self.before.get(caller, False)
        if would and not (caller is not None and differs(caller)):
            where = "" if caller is None else f" in {type(caller).__name__}"
            self._tell(
                f"the model is in training mode, where its call of {func.__name__}{where} acts "
                "differently; it is differentiated in evaluation mode (no dropout, stored "
                "batch-norm statistics) and put back afterwards. Call model.eval() before to "
                "silence this"
            )

    def _caller(self) -> nn.Module | None:
        """The module whose method is running."""
        frame = sys._getframe(2)
        while frame is not None:
            owner = frame.f_locals.get("self")
            if isinstance(owner, nn.Module):
                return owner
            frame = frame.f_back
        return None

    def _tell(self, message: str) -> None:
        if message not in self.told:
            self.told.add(message)
            # this, _look, the mode, torch's dispatch and its dropout lie between the model's line
            warnings.warn(message, stacklevel=6)


def _argument(args: tuple, kwargs: dict, name: str, place: int, default: Any) -> Any:
    return args[place] if len(args) > place else kwargs.get(name, default)
