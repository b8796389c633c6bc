"""Recurrent layers on the CPU: pure functions on NumPy arrays, compiled by numba; TensorFlow calls them."""
