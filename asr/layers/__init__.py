"""Keras layers over utterances of known length: every layer takes ``(x [B, T, ...], lengths [B])``."""
