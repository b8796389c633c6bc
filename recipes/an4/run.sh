#!/usr/bin/env bash
# AN4 from recordings to a word error rate: 130 test utterances, greedy search, no language model.

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
