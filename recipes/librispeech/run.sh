#!/usr/bin/env bash
# LibriSpeech from recordings to the word error rates of test-clean and test-other, greedy search, then beam search with
# a 3-gram model of books where their text lies beside the repository.
#
#   --hours 100|960  train on train-clean-100, or on all three training sets (default: 100)

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../common.sh"

hours=100
training=(train-clean-100)
recipe_option() {
  [[ $1 == --hours ]] || return 1
  case $2 in
    100) ;;
    960)
      training=(train-clean-100 train-clean-360 train-other-500)
      config_name=config_960.toml name=greedy_960h
      ;;
    *) wrong "--hours $2: choose 100 or 960" ;;
  esac
  hours=$2
}

begin "$@"
for subset in "${training[@]}" dev-clean dev-other test-clean test-other; do
  corpus "librispeech-$subset"
done
shards "train-$hours" --augment "${training[@]}"
shards dev dev-clean dev-other
train "train-$hours" dev
evaluate test-clean
evaluate test-other -test-other
publish
if [[ -f $books ]]; then
  language_model books "$books" --order 3 --prune 5e-8
  tune dev-other
  evaluate test-clean
  evaluate test-other -test-other
  publish
fi
