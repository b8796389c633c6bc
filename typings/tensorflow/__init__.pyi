# TensorFlow has no types of its own, and the partial ones that come with pyright reject valid code.
from typing import Any

def __getattr__(name: str) -> Any: ...
