"""From log-probabilities to text: greedy search, CTC prefix beam search, and the file that keeps what they found."""
