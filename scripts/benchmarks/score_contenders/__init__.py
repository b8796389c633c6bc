"""The contenders of `benchmarks.score`: each has ``build(references, hypotheses, ...)`` that returns one run."""
