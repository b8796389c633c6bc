"""The parts of `scripts/benchmark.py`: one module a benchmark, and what they share.

    cases.py      sizes of networks and batches
    turns.py      contenders in processes of their own, timed in turn
    machine.py    what the figures depend on
    results.py    rows of figures as a table and as JSON
    train.py      a step of training, or the forward pass alone
    features.py   asr prepare
    decode.py     beam search over posteriors of a trained model
    decode_start.py  a process from its start to its first text

A module that a contender needs is imported in that contender's process alone.
"""
