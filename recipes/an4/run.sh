#!/usr/bin/env bash
# AN4 from recordings to word error rates: 130 test utterances, greedy search, then beam search with a 3-gram model of
# the training transcripts; then with a second acoustic model, of phones, and the same language model.

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../common.sh"

begin "$@"
recordings an4 an4
corpus an4
shards train --augment train
shards dev dev
train train dev
evaluate test
publish
language_model train data/train.jsonl --order 3
tune dev
publish_as characters_beam_lm
evaluate test
publish
another_system phones
train train dev
tune dev
evaluate test
publish
compare test
