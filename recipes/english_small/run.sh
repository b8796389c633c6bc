#!/usr/bin/env bash
# The two models of English that are installed with asr, from recordings and a text of books to folders for
# asr/pretrained: english-small, bidirectional, and english-streaming, which answers while somebody speaks. Trained on
# Mini LibriSpeech, AN4, synthetic voices that read the books, and what --extra names; judged on the development set of
# Mini LibriSpeech, dev-report, by which nothing is chosen.
#
#   --extra MANIFEST  more recordings to train on; may be given several times
#   --hours N         of synthetic voices (default: 5)

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../common.sh"

extra=() hours=5
start=$root/recipes/mini_librispeech/work/runs/greedy # as config.toml says
recipe_option() {
  case $1 in
    --extra)
      [[ -f $2 ]] || wrong "--extra $2: no such manifest"
      extra+=("$(realpath "$2")")
      ;;
    --hours) hours=$2 ;;
    *) return 1 ;;
  esac
}

# With the books' words a trial on half of dev-tune takes half a minute of a core.
tuning=(--beam-size 200 --trials 40)

begin "$@"
[[ -f $books ]] || wrong "$books: not there: it is what the language model and the synthetic voices are made of"
recordings librispeech LibriSpeech
corpus mini_librispeech
every 2 dev-tune dev-weights
data="" # AN4 lies elsewhere
recordings an4 an4
corpus an4
once synthetic.jsonl "$python" "$recipe/synthesise.py" "$books" --hours "$hours" --output synthetic "${jobs[@]}"
shards real --augment train-clean-5 train "${extra[@]}"
shards synthetic --augment ./synthetic.jsonl
shards dev dev-tune
language_model books "$books" --order 3 --prune 1.1e-7 --quantise
all=dev-clean-2
[[ -f data/$all.jsonl ]] || all=dev-clean

# package NAME: the folder that is installed.
package() {
  run rm -rf "pretrained/$1"
  run mkdir -p pretrained/lm
  run cp "$lm" pretrained/lm/
  run asr package "runs/$name" --output "pretrained/$1" --lm-shared "pretrained/$lm" --check data/dev-tune.jsonl
}

[[ -d $start/weights ]] || run "$root/recipes/mini_librispeech/run.sh"
train real synthetic dev
another_system last
train --from greedy real dev
tune dev-weights
evaluate dev-report
evaluate "$all" "-$all"
publish
package english-small
another_system streaming
train real synthetic dev
tune dev-weights
publish_as streaming_beam_lm
evaluate dev-report
evaluate "$all" "-$all"
publish
package english-streaming
