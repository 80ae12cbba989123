"""actlint: hidden activations in losses, checked; TensorFlow 1 training code, migrated with proof."""

__version__ = "0.1.0"
