"""How far hypotheses are from references: counts, rates, intervals. Counting is jiwer's."""
