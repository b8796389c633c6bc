#!/usr/bin/env bash
# What is a gate for? Every recurrent cell and a Transformer of equal size on 10, 30 and 100 % of AN4, three seeds each;
# a label that depends on a frame long ago; pages of gates over utterances. What is done is skipped, also after a kill.
#
#   --quick          five systems, one seed, few epochs, short distances: all stages in under ten minutes on two cores
#   --systems LIST   some lines of systems.txt, as "lstm gru" (default: all)
#   --percents LIST  shares of the training data (default: "10 30 100")
#   --seeds LIST     (default: "1 2 3")
#   --left           only say which trainings are left
#   --go-on          what stands in the results (table.json, long_memory.json, steps.json) is done: for the rest on
#                    another machine

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../common.sh"

config_name=base.toml name=full
systems=() percents=(10 30 100) seeds=(1 2 3) quick="" left="" go_on=""
distances=(100 400 1600) memory=()

recipe_option() {
  case $1 in
    --systems) read -ra systems <<< "$2" ;;
    --percents) read -ra percents <<< "$2" ;;
    --seeds) read -ra seeds <<< "$2" ;;
    *) return 1 ;;
  esac
}

# --quick, --left and --go-on take no value; what stands behind -- is for asr train.
arguments=()
while (($#)); do
  case $1 in
    --quick) quick=yes ;;
    --left) left=--left ;;
    --go-on) go_on=yes ;;
    --) arguments+=("$@") && break ;;
    *) arguments+=("$1") ;;
  esac
  shift
done

if [[ $quick ]]; then
  work=$recipe/work/quick name=quick
  systems=(rnn lstm gru hybrid transformer) percents=(30 100) seeds=(1)
  distances=(20 80) memory=(--steps 60 --seeds 1)
fi

# A script of this recipe, in the work folder.
script() { run "$python" "$recipe/$1.py" "${@:2}"; }
some() { if ((${#systems[@]})); then echo --systems "${systems[@]}"; fi; }

begin "${arguments[@]}"
if [[ $quick && $results == "$recipe"/* ]]; then results=$work/results; fi
place=$(realpath -m --relative-to=. "$results") # what pages and messages name, for it is no folder of one machine alone
if [[ $quick ]]; then train_options=(--set train.epochs=4 --set schedule.warmup_epochs=1 "${train_options[@]}"); fi
read -ra chosen <<< "$(some)"
trainings=(trainings "${chosen[@]}" --percents "${percents[@]}" --seeds "${seeds[@]}" "${jobs[@]}" "${train_options[@]}")
known=()
if [[ $go_on ]]; then known=(--known "$place/table.json"); fi
trainings+=("${known[@]}")
if [[ $left ]]; then
  script "${trainings[@]}" --left
  exit 0
fi

recordings an4 an4
corpus an4
for percent in "${percents[@]}"; do
  once "data/train-$percent.jsonl" "$python" "$recipe/subsets.py" data/train.jsonl --percent "$percent" \
    --output "data/train-$percent.jsonl"
  shards "train-$percent" "train-$percent"
done
shards dev dev
shards test test

once sizes.json "$python" "$recipe/systems.py" "${chosen[@]}" "${train_options[@]}" --output sizes.json
script "${trainings[@]}"
if [[ $go_on && -f $place/steps.json && ! -f steps.json ]]; then run cp "$place/steps.json" .; fi
PYTHONPATH=$root/scripts once steps.json "$python" "$recipe/time_steps.py" "${chosen[@]}" "${train_options[@]}" \
  --output steps.json
if ! [[ $go_on && -f $place/long_memory.json ]]; then
  script long_memory --distances "${distances[@]}" "${memory[@]}" --output "$place"
fi
script gather --output "$place" "${known[@]}"
if [[ -f steps.json ]]; then run cp steps.json "$place"; fi

# Gates of the three shortest test utterances, in the LSTM that was trained on most data.
gated=runs/lstm-${percents[-1]}-seed${seeds[0]}
if [[ -d $gated ]]; then
  script shortest data/test.jsonl --count 3 --output data/gates.jsonl
  run asr report "$gated" --gates data/gates.jsonl --output "$place/gates"
fi
note "results: $results"
