"""The parts of `scripts/benchmark.py`: one module a benchmark, and what they share.

    cases.py      sizes of networks and batches
    turns.py      contenders in processes of their own, timed in turn
    machine.py    what the figures depend on
    results.py    rows of figures as a table and as JSON
    train.py      a step of training, or the forward pass alone
    features.py   asr prepare
    decode.py     beam search over posteriors of a trained model
    decode_start.py  a process from its start to its first text
    score.py      asr score
    transcribe.py whole recordings to text
    transcribe_start.py  the same from a cold start; transcribe_parts.py: what it is made of
    served.py     a contender in another environment
    starts.py     whole processes

A module that a contender needs is imported in that contender's process alone.
"""
