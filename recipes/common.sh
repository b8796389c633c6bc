# shellcheck shell=bash
# What the recipes share. Each run.sh sources this file, and is a table of stages then.
#
# A stage is one command, printed before it runs. All of them run in the work folder, so that what they record beside
# the results names no folder of this machine. Each skips what is done: a recipe that was killed goes on when it is
# started again. A recording that cannot be used ends the recipe, for a result on a part of the corpus is another one.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
recipe=$(cd "$(dirname "${BASH_SOURCE[1]}")" && pwd -P)
program=recipes/${recipe##*/}/run.sh

# What a run.sh may set: its config, and the name of its results and its training.
config_name=config.toml name=greedy

data="" work=$recipe/work results="" jobs=() launch=() train_options=() feature_options=()

# How `evaluate` searches, and where what it finds lies; `tune` changes both. What else `asr lm tune` is given.
search=(--beam-size 1) found="" lm="" tuning=() published=()

# --- what a run.sh calls, in this order ---------------------------------------------------------------------------

# begin ARGUMENT...: read the command line, find asr, go to the work folder. A run.sh with options of its own defines
# recipe_option NAME VALUE, which returns 1 for a name that it does not know.
begin() {
  while (($#)); do
    case $1 in
      -h | --help) usage && exit 0 ;;
      --) train_options=("${@:2}") && break ;;
      --*=*) set -- "${1%%=*}" "${1#*=}" "${@:2}" ;;
    esac
    [[ $1 == --* ]] || wrong "$1: not an option; options of asr train go after --"
    (($# >= 2)) || wrong "$1: needs a value"
    option "$1" "$2"
    shift 2
  done
  find_feature_options
  find_asr
  mkdir -p "$work"
  cd "$work"
  work=$(pwd -P)
  results=${results:-$recipe/results/$name}
  name=${results##*/} first_name=${results##*/}
  found=runs/$name
  trap 'finish $?' EXIT
  note "cd $(quoted "$work")"
}

# recordings PART FOLDER: where there is no --data, take FOLDER of the recordings beside the repository, if they are
# there. PART is what restore.py calls it.
recordings() {
  local restore=$root/../shared/data/restore.py
  if [[ -z $data && -f $restore ]]; then
    run "$python" "$restore" data --only "$1" "${jobs[@]}"
    data=data/$2
  fi
}

# corpus NAME: write the corpus's manifests into data/, from --data or a download.
corpus() {
  local command=(asr corpus prepare "$1" data) stamp=data/.$1.prepared
  if [[ $data ]]; then command+=(--from "$data"); fi
  if [[ -f $stamp && $(<"$stamp") == "${command[*]}" ]]; then
    note "done before: $(quoted "${command[@]}")"
  else
    run "${command[@]}"
    echo "${command[*]}" > "$stamp"
  fi
}

# shards NAME [--augment] MANIFEST...: features of data/MANIFEST.jsonl into shards/NAME; a MANIFEST with a slash is a path.
shards() {
  local augment=() manifests=() manifest
  for manifest in "${@:2}"; do
    case $manifest in
      --augment) augment=(--augment) ;;
      */*) manifests+=("$manifest") ;;
      *) manifests+=("data/$manifest.jsonl") ;;
    esac
  done
  run asr prepare "${manifests[@]}" --config "$(config)" "${augment[@]}" --output "shards/$1" --resume "${jobs[@]}" \
    "${feature_options[@]}"
}

# every N MANIFEST PART: data/PART.jsonl, every Nth utterance of a manifest, the first among them.
every() { run awk -v n="$1" 'NR % n == 1' "data/$2.jsonl" > "data/$3.jsonl"; }

# train [--from RUN] TRAIN... DEV: train on shards/TRAIN into runs/NAME, validate with shards/DEV. RUN is the one that the
# config's start_from names, if it is in the work folder.
train() {
  local places=() start="" folders listed
  if [[ $1 == --from ]]; then start=$2 && shift 2; fi
  folders=("${@/#/"$work/shards/"}")
  if [[ $work != "$recipe/work" ]]; then # the config names the usual place
    printf -v listed ',"%s"' "${folders[@]:0:$#-1}"
    places=(--set "data.train=[${listed#,}]" --set "data.dev=[\"${folders[-1]}\"]")
    if [[ $start ]]; then places+=(--set "train.start_from=$work/runs/$start"); fi
  fi
  run "${launch[@]}" asr train "$(config)" --output "runs/$name" --resume "${places[@]}" "${train_options[@]}"
}

# evaluate MANIFEST [SUFFIX]: hypotheses of a test set and their score; greedy before `tune`, with the language model
# after it.
evaluate() {
  local hypotheses=$found/hypotheses${2:-}.jsonl
  run asr decode "runs/$name" "data/$1.jsonl" --output "$hypotheses" "${search[@]}"
  run asr score "data/$1.jsonl" "$hypotheses" --by speaker --markdown "$found/report${2:-}.md"
}

# language_model NAME TEXT [OPTION_OF_ASR_LM_TRAIN...]: lm/NAME.asrlm, of a text or of a manifest's transcripts.
language_model() {
  lm=lm/$1.asrlm
  once "$lm" asr lm train "$2" --output "$lm" "${@:3}"
}

# tune MANIFEST [--lexicon F]: the weights of a search with the language model that suit a development set best, and
# how sure its words are. From here on `evaluate` searches so, and `publish` writes to beam_lm.
tune() {
  local log_probs=runs/$name/log-probs-$1.npz
  found=runs/$name/beam_lm
  search=(--lm "$lm" "${@:2}")
  once "$log_probs" asr decode "runs/$name" "data/$1.jsonl" --output "$found/greedy-$1.jsonl" --beam-size 1 \
    --save-log-probs "$log_probs"
  run asr lm tune "runs/$name" "$log_probs" "data/$1.jsonl" "${search[@]}" --resume "${jobs[@]}" \
    "${tuning[@]}"
  run asr decode "runs/$name" "data/$1.jsonl" --output "$found/calibration-$1.jsonl" "${search[@]}" \
    --calibrate temperature
  publish_as beam_lm
}

# another_system NAME: a second model of the same recordings, trained as NAME.toml says. From here on all is about it.
another_system() {
  config_name=$1.toml
  name=$(beside "$first_name" "$1")
  found=runs/$name
}

# publish_as KIND: from here on results lie beside the first ones, under KIND in place of greedy.
publish_as() { results=${results%/*}/$(beside "$first_name" "$1"); }

# The text of books beside the repository, of which none is read in LibriSpeech's development and test sets.
books=$root/../shared/data/lm/books-train.txt.xz

# publish: copy what is committed into the results folder, without the names of this machine's folders.
publish() {
  local files=("runs/$name/history.jsonl" "$found"/hypotheses*.jsonl) file text
  if [[ $lm ]]; then files+=("runs/$name/decoder.json"); fi
  mkdir -p "$results"
  cp "${files[@]}" "$results"
  for file in "runs/$name"/{config.toml,environment.json} "$found"/report*.md; do
    text=$(< "$file")
    # Paths of a config are relative to it, and results/NAME/ is two folders below the recipe.
    if [[ $file == */config.toml ]]; then
      text=${text//"$work"/../../work}
      text=${text//"$recipe"/../..}
    fi
    text=${text//"$work"/work}
    echo "${text//"$recipe/"/}" > "$results/${file##*/}"
  done
  published+=("$results")
  note "results: $results"
}

# compare MANIFEST: all that was published, side by side.
compare() {
  local systems=() names=() one place
  place=$(realpath --relative-to=. "${results%/*}")
  for one in "${published[@]##*/}"; do
    systems+=("$place/$one/hypotheses.jsonl") names+=(--name "$one")
  done
  run asr compare "data/$1.jsonl" "${systems[@]}" "${names[@]}" --markdown "$place/$(beside "$first_name" comparison).md"
}

# --- their parts --------------------------------------------------------------------------------------------------

usage() {
  sed -n '2,/^$/ s/^#\( \|$\)//p' "$recipe/run.sh"
  cat << END

Usage: $program [OPTION...] [-- OPTION_OF_ASR_TRAIN...]

  --data PATH      the corpus: its folder, or its archives (default: what ../shared/data has of it, else a download)
  --work DIR       recordings, features, training (default: recipes/${recipe##*/}/work)
  --results DIR    what is worth keeping (default: recipes/${recipe##*/}/results/$name); its last part
                   names the training in the work folder, so that several may lie side by side; results with a
                   language model lie beside it, under beam_lm in place of greedy
  --jobs N         processes that compute features (default: one a core)
  --launch COMMAND what starts asr train on all machines, as srun (default: nothing, it runs on this one)

Run again, it goes on where it was. Another seed:
  $program --results recipes/${recipe##*/}/results/seed2_greedy -- --set train.seed=2
END
}

option() {
  case $1 in
    --data)
      [[ -e $2 ]] || wrong "--data $2: no such file or folder"
      data=$(realpath "$2")
      ;;
    --work) work=$2 ;;
    --results) results=$(realpath -m "$2") ;;
    --jobs) jobs=(--jobs "$2") ;;
    --launch)
      read -ra launch <<< "$2"
      if [[ $2 == */* ]]; then launch[0]=$(realpath "${launch[0]}"); fi
      ;;
    *) recipe_option "$1" "$2" || wrong "$1: unknown; $program --help lists the options" ;;
  esac
}

recipe_option() { return 1; }

# Settings of features and augmentation, among the options for asr train, are for asr prepare, too.
find_feature_options() {
  local option before=""
  for option in "${train_options[@]}"; do
    if [[ $before == --set && $option =~ ^(features|augment)\. ]]; then feature_options+=(--set "$option"); fi
    if [[ $option =~ ^--set=(features|augment)\. ]]; then feature_options+=("$option"); fi
    before=$option
  done
}

find_asr() {
  if ! command -v asr > /dev/null; then
    [[ -x $root/.venv/bin/asr ]] || wrong "asr is neither on PATH nor in .venv: run \`make install\` in $root"
    PATH=$root/.venv/bin:$PATH
  fi
  python=$(dirname "$(command -v asr)")/python
}

# beside NAME KIND: what lies beside the results NAME: KIND in place of greedy, or behind the name.
beside() { if [[ $1 == *greedy* ]]; then echo "${1/greedy/"$2"}"; else echo "$1_$2"; fi; }

# The config's path as seen from the work folder, which is usually in the recipe's.
config() { if [[ $work == "$recipe/work" ]]; then echo "../$config_name"; else echo "$recipe/$config_name"; fi; }

run() {
  note "$(quoted "$@")"
  "$@"
}

# once FILE COMMAND...: run what makes a file, unless it is there.
once() {
  if [[ -f $1 ]]; then note "done before: $(quoted "${@:2}")"; else run "${@:2}"; fi
}

note() { echo "+ $*" >&2; }

# Words as a shell would need them, with quotes only where they are needed.
quoted() {
  local word words=()
  for word in "$@"; do
    if [[ $word =~ ^[A-Za-z0-9_./=:,@%+-]+$ ]]; then words+=("$word"); else words+=("${word@Q}"); fi
  done
  echo "${words[*]}"
}

wrong() {
  echo "$program: $*" >&2
  exit 2
}

finish() {
  local time
  time="$((SECONDS / 3600)) h $((SECONDS / 60 % 60)) min $((SECONDS % 60)) s"
  if (($1)); then
    echo "$program: stopped with status $1 after $time; the same command goes on from here" >&2
  else
    note "done in $time"
  fi
}
