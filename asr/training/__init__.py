"""Training: prepared shards and a configuration in, a run folder out."""
