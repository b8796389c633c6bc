"""Trained models in ONNX's form: the graph, made from a run's weights, and what is checked before it is kept."""
