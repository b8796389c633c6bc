"""The contenders of `benchmarks.decode`: each has ``build(task, ...)`` that returns one pass over all utterances.

All use one thread, so what counts is processor time (``step.clock``): it does not grow when others use the machine.
The first pass writes the texts that were found.
"""
