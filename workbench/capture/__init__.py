"""Look inside a model: read the output of any submodule by its name, through forward hooks.

The model is neither subclassed nor changed; after the ``with`` block it is as it was.
"""

from workbench.capture.attention import Attention, NamedAttention
from workbench.capture.attention_values import AttentionValues, ValueCapture
from workbench.capture.call import call, call_arguments, missing_arguments, model_inputs, prepare
from workbench.capture.capture import AttentionCapture, capture, capture_attention, capture_values
from workbench.capture.hooks import Capture

__all__ = [
    "Attention",
    "AttentionCapture",
    "AttentionValues",
    "Capture",
    "NamedAttention",
    "ValueCapture",
    "call",
    "call_arguments",
    "capture",
    "capture_attention",
    "capture_values",
    "missing_arguments",
    "model_inputs",
    "prepare",
]
