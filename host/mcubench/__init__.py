"""mcubench: how fast, how big and how right a neural network is on a microcontroller."""

__version__ = "0.1.0"
__all__ = ["__version__"]
