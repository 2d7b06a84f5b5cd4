"""A random stream of one's own, for code that draws from torch's global generator."""

import threading

import torch

_LENDING = threading.RLock()


class OwnRandomness:
    """Lends torch's global generators a private state for the length of a ``with`` block.

    Dropout and parameter initialization draw from the global generators and take no other. Inside
    the block those hold this stream's state, afterwards the state they had before; the next block
    goes on where this one ended. So equal seeds give equal draws, the caller's own random numbers
    are as if the block had not been, and runs in several threads take turns.

    Args:
        seed: where the stream starts.
        device: the CUDA device whose generator is lent too; on any other device only the CPU's.
    """

    def __init__(self, seed: int, device: torch.device | None = None):
        self.cuda = device if device is not None and device.type == "cuda" else None
        self.states = [torch.Generator().manual_seed(seed).get_state()]
        if self.cuda is not None:
            self.states.append(torch.Generator(self.cuda).manual_seed(seed).get_state())

    def __enter__(self):
        _LENDING.acquire()
        self.callers = self._read()
        self._write(self.states)
        return self

    def __exit__(self, *exception):
        self.states = self._read()
        self._write(self.callers)
        _LENDING.release()

    def _read(self) -> list[torch.Tensor]:
        states = [torch.get_rng_state()]
        return states if self.cuda is None else [*states, torch.cuda.get_rng_state(self.cuda)]

    def _write(self, states: list[torch.Tensor]) -> None:
        torch.set_rng_state(states[0])
        if self.cuda is not None:
            torch.cuda.set_rng_state(states[1], self.cuda)
