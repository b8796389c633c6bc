"""Corpora: recordings and transcripts as their publishers lay them out in, manifests out.

One file a corpus, all of them in `data_prep.registry`. What they share: `download`, `unpack`, `source` (where the files
come from), `corpus` (what a corpus is, and writing its manifests) and `check` (what would spoil a training). Nothing
here computes features or knows of models.
"""
