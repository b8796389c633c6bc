"""The contenders of `benchmarks.features`: each has ``build(manifest, ...)`` that returns one pass over its audio."""
