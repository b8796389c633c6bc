"""Write down what is said in sound files.

    asr transcribe talk.flac -m runs/an4                               text on stdout
    asr transcribe talk.flac -m runs/an4 -f srt --max-line-width 42 --max-line-count 2
    asr transcribe recordings/ -m runs/an4 -o transcripts -f txt,json  a folder, its tree kept
    asr transcribe dev.jsonl -m runs/an4 -o found                      a manifest, pred_text added
    arecord -f S16_LE -r 16000 -t raw -d 5 | asr transcribe - --raw s16le,16000,1 -m runs/an4
    asr transcribe --stream mic -m runs/an4                            text while you speak, until Ctrl-C
    arecord -f S16_LE -r 16000 | asr transcribe --stream - -f json     a JSON line for whatever gets known

Any format that libsndfile reads, and, with keras-asr[media], m4a, webm, and the sound of mp4 and mkv; any rate. One
file, manifest or - without -o goes to stdout, as txt unless -f says otherwise. Otherwise each input gets a file of its
name and the format's suffix, in the folder of -o or, without it, in the current one, in all formats unless -f says
which. Inputs that are not there or cannot be read are named on stderr and cost the others nothing (exit status 1).
"""

import argparse
import gc
import importlib
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from asr.cli import DONE, SOME_FAILED, naming_stdout
from asr.cli.console import print_failure, progress_bar, stderr_console
from asr.cli.model_options import load_model
from asr.cli.search_options import is_greedy, lm_file, search_for
from asr.cli.transcribe_options import add_arguments as add_arguments
from asr.cli.transcribe_options import check_arguments, check_file_options, check_stdout
from asr.cores import num_cores
from asr.wording import counted

if TYPE_CHECKING:
    from rich.console import Console

    from asr.trained_model import TrainedModel
    from asr.transcribe.batch import BatchResult, Task
    from asr.transcribe.formats import FormatOptions
    from asr.transcribe.inputs import Inputs
    from asr.transcribe.outputs import Job
    from asr.transcribe.pred_text import Row
    from asr.transcribe.transcriber import Transcriber
    from asr.transcribe.transcript import Transcript


@dataclass
class _Work:
    """What is to be done: recordings, and what is left to do after them; how much was done before."""

    tasks: "list[Task]" = field(default_factory=list)
    finish: list[Callable[[], None]] = field(default_factory=list)
    num_there: int = 0


def run(args: argparse.Namespace) -> int:
    """Transcribe to stdout or into a folder."""
    gc.disable()  # until all is loaded: it would look through the libraries again and again, a sixth of a start's time
    try:
        return _run(args)
    finally:
        gc.enable()


def _run(args: argparse.Namespace) -> int:
    from asr.packaged import find_model
    from asr.transcribe.source import STDIN
    from asr.transcribe.standard_input import spooled

    check_arguments(args)
    args.model = args.model or find_model()
    if args.stream:
        from asr.cli.transcribe_stream import check_stream, run_stream

        check_stream(args)
        return run_stream(args, _transcriber(args, stderr_console(args), jobs=1))
    check_file_options(args)
    if args.inputs == [STDIN] and args.output_dir is None:
        check_stdout(args)
    with ExitStack() as stack:
        inputs = _find(args, stack.enter_context(spooled()) if STDIN in args.inputs else None)
        for failure in inputs.failures:
            print(f"asr: {failure}", file=sys.stderr)
        to_stdout = args.output_dir is None and len(args.inputs) == 1 and inputs.is_single
        work = _to_stdout(args, inputs) if to_stdout else _to_files(args, inputs)
        console = stderr_console(args)
        if work.num_there:
            console.print(f"{counted(work.num_there, 'input')} transcribed already")
        num_failed = _transcribe(args, work, console, summary=not to_stdout) if work.tasks or work.finish else 0
    return SOME_FAILED if num_failed or inputs.failures else DONE


def _find(args: argparse.Namespace, stdin_file: Path | None) -> "Inputs":
    from asr.transcribe.inputs import Wanted, find_inputs

    return find_inputs(args.inputs, Wanted(args.include, args.exclude), stdin_file=stdin_file, raw=args.raw)


def _to_stdout(args: argparse.Namespace, inputs: "Inputs") -> _Work:
    from asr.transcribe.batch import Task
    from asr.transcribe.formats import FORMATS, parse_formats
    from asr.transcribe.parts import part_of

    if inputs.manifests:
        _check_no_format(args)
    check_stdout(args)
    if inputs.manifests:
        rows = _rows(args, inputs.manifests[0], None)
        return _Work([Task(row.source, partial(_print_row, row)) for row in rows])
    (name,) = parse_formats(args.output_format or "txt")
    options = _format_options(args)
    sources = part_of(inputs.sources, args.shard)
    return _Work([Task(one, lambda found: _print(FORMATS[name].render(found, options))) for one in sources])


def _print(text: str) -> None:
    with naming_stdout():
        sys.stdout.write(text)
        sys.stdout.flush()  # as it comes, and a reader that has gone is noticed


def _print_row(row: "Row", transcript: "Transcript") -> None:
    _print(row.line(transcript.text))


def _to_files(args: argparse.Namespace, inputs: "Inputs") -> _Work:
    from asr.transcribe.formats import parse_formats
    from asr.transcribe.outputs import check_writable, plan_outputs, select_jobs
    from asr.transcribe.source import split_channels

    if inputs.manifests and not inputs.sources:
        _check_no_format(args)
    sources = split_channels(inputs.sources) if args.channels == "split" else inputs.sources
    formats = parse_formats(args.output_format or "all")
    folder = args.output_dir or Path()
    plan = plan_outputs(sources, folder, formats, manifests=inputs.manifests, part=args.shard)
    selected = select_jobs(plan.jobs, overwrite=args.overwrite, resume=args.resume)
    options = _format_options(args)
    work = _Work([_file_task(job, options) for job in selected], num_there=len(plan.jobs) - len(selected))
    _add_manifests(args, plan.manifests, work)
    if work.tasks or work.finish:
        check_writable(folder)
    return work


def _check_no_format(args: argparse.Namespace) -> None:
    from asr.errors import TranscriptionError

    if args.output_format:
        raise TranscriptionError("-f: a manifest is written back as one: leave it out")


def _file_task(job: "Job", options: "FormatOptions") -> "Task":
    from asr.transcribe.batch import Task

    return Task(job.source, lambda transcript: job.write(transcript, options))


def _add_manifests(args: argparse.Namespace, manifests: dict[Path, Path], work: _Work) -> None:
    from asr.transcribe.batch import Task
    from asr.transcribe.outputs import check_absent
    from asr.transcribe.pred_text import PredTexts

    if not (args.overwrite or args.resume):
        check_absent(list(manifests.values()))
    rows_of = {manifest: _rows(args, manifest, output.parent) for manifest, output in manifests.items()}
    for manifest, output in manifests.items():
        rows = rows_of[manifest]
        texts = PredTexts(rows, output, resume=args.resume)
        work.num_there += len(rows) - len(texts.left)
        if texts.is_done:
            continue
        work.tasks += [Task(row.source, partial(texts.add, row)) for row in texts.left]
        work.finish.append(texts.finish)


def _rows(args: argparse.Namespace, manifest: Path, folder: Path | None) -> "list[Row]":
    from asr.errors import TranscriptionError
    from asr.transcribe.parts import part_of
    from asr.transcribe.pred_text import read_rows

    if args.channels == "split":
        raise TranscriptionError(f"{manifest}: --channels split: a manifest says itself which channel is meant")
    return list(part_of(read_rows(manifest, folder, args.raw), args.shard))


def _format_options(args: argparse.Namespace) -> "FormatOptions":
    from asr.transcribe.cues import CueStyle
    from asr.transcribe.formats import FormatOptions

    style = CueStyle(args.max_line_width, args.max_line_count, args.highlight_words)
    return FormatOptions(style, args.word_timestamps)


def _transcribe(args: argparse.Namespace, work: _Work, console: "Console", *, summary: bool) -> int:
    """Do the work, tell of it, and return how many recordings failed."""
    from asr.cli.transcribe_progress import BatchProgress
    from asr.transcribe.batch import transcribe_tasks
    from asr.transcribe.transcript import Transcript, low_confidence_note

    jobs = args.jobs or num_cores()
    transcriber = _transcriber(args, console, jobs)
    with progress_bar(console) as progress:
        display = BatchProgress(progress, len(work.tasks))

        def tell(task: "Task", found: object, result: "BatchResult") -> None:
            display.done(task.source, result)
            if not isinstance(found, Transcript):
                print_failure(task.source.title, str(found))
            elif note := low_confidence_note(task.source.title, found.confidence):
                console.print(note)

        result = transcribe_tasks(transcriber, work.tasks, jobs=jobs, on_done=tell, on_heard=display.heard)
    for finish in work.finish:
        finish()
    if summary:
        _summarise(result, console)
    return result.num_failed


def _summarise(result: "BatchResult", console: "Console") -> None:
    speed = "" if result.real_time_factor is None else f", real-time factor {result.real_time_factor:.3g}"
    lost = f", {result.num_low_confidence} of low confidence" if result.num_low_confidence else ""
    console.print(
        f"{counted(result.num_done, 'recording')} transcribed, {result.num_failed} failed{lost}, "
        f"{result.audio_seconds:.1f} s of audio in {result.seconds:.1f} s{speed}"
    )


def _transcriber(args: argparse.Namespace, console: "Console", jobs: int) -> "Transcriber":
    from asr.transcribe.transcriber import Transcriber

    model = _load(args)
    search = search_for(args, args.model, model.tokens, model.config.decode)
    beam_size = None if search else 1
    transcriber = Transcriber(model, beam_size=beam_size, search=search, max_segment_seconds=args.max_segment_seconds)
    if args.verbose:
        from asr.run import default_runtime

        found_by = f"beam search, {search.settings}" if search else "greedy search"
        num_threads = min(args.threads or 0, num_cores()) or "one a core"
        computed_by = f"{args.runtime or default_runtime(args.model)}, threads: {num_threads}"
        console.print(f"model: {args.model}, {len(model.tokens)} labels, {computed_by}")
        console.print(f"decoder: {found_by}")
        console.print(f"language model: {(search and lm_file(args, args.model)) or 'none'}")
        console.print(f"{counted(jobs, 'thread')} that read and search")
    gc.freeze()  # what is loaded stays to the end
    gc.enable()
    return transcriber


def _load(args: argparse.Namespace) -> "TrainedModel":
    """Return the model; ONNX Runtime reads it while the search is imported, which takes even longer."""
    from asr.run import default_runtime, read_config

    runtime = args.runtime or default_runtime(args.model)
    if runtime == "keras" or is_greedy(args, args.model, read_config(args.model).decode):
        return load_model(args, args.model)
    with ThreadPoolExecutor(1) as pool:
        loading = pool.submit(load_model, args, args.model)
        importlib.import_module("asr.decoding.decode")
        return loading.result()
