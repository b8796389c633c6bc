"""The contenders of `benchmarks.train`, a module each; `benchmarks.train.CONTENDERS` lists them.

Each has ``build(case, mode, ...)`` that returns a function of no arguments: one step on the case's batch, which returns
when all its results are there, and gives the mean loss (``train``) or the mean log-probability (``infer``).
"""
