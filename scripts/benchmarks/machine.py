"""What figures depend on besides the code: processor, memory, versions, and how fast a matrix product can be at all."""

import importlib.metadata
import os
import platform
import re
import resource
import time
from pathlib import Path
from typing import Any

import numpy as np

_PACKAGES = (
    "keras-asr",
    "keras",
    "tensorflow",
    "torch",
    "jax",
    "numba",
    "librosa",
    "numpy",
    "flashlight-text",
    "kenlm",
    "onnxruntime",
    "pocketsphinx",
)
_PEAK_SIZE = 3072  # rows and columns: large enough for the highest rate, 0.3 s on two cores
_PEAK_REPEATS = 7


def describe_machine() -> dict[str, Any]:
    """Return the description that stands beside the results; it names neither hosts nor folders."""
    return {
        "processor": processor(),
        "cores": num_cores(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "system": f"{platform.system()} {platform.machine()}",
        # Of the minute before: other work on the machine makes every figure worse.
        "load_average": round(os.getloadavg()[0], 2),
        "versions": {"python": platform.python_version()} | installed_versions(),
    }


def processor() -> str:
    """Return the processor's name as the system knows it, else its architecture."""
    try:
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        found = None
    return found[1] if found else platform.machine()


def num_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0))


def installed_versions() -> dict[str, str]:
    """Return the versions of those packages that are here."""
    versions = {}
    for package in _PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


def matmul_peak_gflops() -> float:
    """Return the highest rate of a large float32 matrix product in NumPy on all cores, in 1e9 operations a second."""
    one = np.random.default_rng(0).normal(size=(_PEAK_SIZE, _PEAK_SIZE)).astype(np.float32)
    result = np.empty_like(one)
    times = []
    for _ in range(_PEAK_REPEATS):
        started = time.perf_counter()
        np.matmul(one, one, out=result)
        times.append(time.perf_counter() - started)
    return 2 * _PEAK_SIZE**3 / min(times) / 1e9


def peak_memory_mb() -> float:
    """Return the most memory that this process, or one that it started, has had at one time, in 1e6 bytes.

    Its own is Linux's VmHWM: that of `resource.getrusage` is inherited from the process that started this one. Of
    several processes it is the largest one's, not their sum.
    """
    found = re.search(r"^VmHWM:\s*(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    if found is None:
        raise RuntimeError("/proc/self/status has no VmHWM: peak memory is measured on Linux only")
    return max(int(found[1]) * 1024 / 1e6, peak_mb_of(resource.getrusage(resource.RUSAGE_CHILDREN)))


def peak_mb_of(usage: resource.struct_rusage) -> float:
    """Return the most memory that an ended process has had, in 1e6 bytes; Linux counts 1024 at a time."""
    return usage.ru_maxrss * 1024 / 1e6
