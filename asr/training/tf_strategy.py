"""Which `tf.distribute` strategy a run uses, and on which devices."""

import json
import os
import re

import tensorflow as tf

from asr.errors import ConfigError


def make_strategy(kind: str) -> tf.distribute.Strategy:
    """Return the strategy for ``train.strategy``; call it before any other TensorFlow or Keras operation.

    Args:
        kind: ``one``; ``mirrored`` over every visible GPU (without GPUs: every logical CPU); ``multi_worker`` from
            TF_CONFIG or from Slurm's variables; ``auto``: multi_worker where either describes several tasks, mirrored
            where there are several GPUs, else one.

    Raises:
        ConfigError: multi_worker without TF_CONFIG and Slurm.
    """
    kind = choose(kind)
    if kind == "multi_worker":
        return _multi_worker()
    if kind == "mirrored":
        return tf.distribute.MirroredStrategy([device.name for device in _devices()])
    return tf.distribute.OneDeviceStrategy(_devices()[0].name)


def choose(kind: str) -> str:
    """Return the strategy that ``auto`` means here, or ``kind`` itself; nothing is started."""
    if kind != "auto":
        return kind
    several = _num_tasks() > 1 or _in_slurm()
    return "multi_worker" if several else "mirrored" if len(_devices()) > 1 and _has_gpu() else "one"


def describe(strategy: tf.distribute.Strategy) -> str:
    """Return one line that names the strategy, its replicas and its devices."""
    devices = ", ".join(strategy.extended.worker_devices)
    cluster = strategy.cluster_resolver
    where = ""
    if isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy) and cluster is not None and cluster.task_type:
        where = f", {cluster.task_type} {cluster.task_id} of {cluster.cluster_spec().num_tasks(cluster.task_type)}"
    replicas = strategy.num_replicas_in_sync
    return f"{type(strategy).__name__}, {replicas} replica{'s' * (replicas > 1)}{where}: {devices}"


def is_chief(strategy: tf.distribute.Strategy) -> bool:
    """Return whether this process writes the run folder: of several workers, one does."""
    cluster = strategy.cluster_resolver
    if not isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy) or cluster is None:
        return True
    return cluster.task_type in (None, "chief") or (
        cluster.task_type == "worker" and cluster.task_id == 0 and not cluster.cluster_spec().as_dict().get("chief")
    )


def _devices() -> list:
    """Every visible GPU, or every logical CPU where there is none."""
    return tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")


def _has_gpu() -> bool:
    return bool(tf.config.list_physical_devices("GPU"))


def _num_tasks() -> int:
    """Return how many tasks TF_CONFIG describes."""
    try:
        cluster = json.loads(os.environ.get("TF_CONFIG") or "{}").get("cluster", {})
        return sum(len(tasks) for tasks in cluster.values())
    except (json.JSONDecodeError, AttributeError, TypeError) as error:
        raise ConfigError(f"TF_CONFIG: no description of a cluster ({error}): mend or unset it") from error


def _in_slurm() -> bool:
    return int(os.environ.get("SLURM_NTASKS", "1")) > 1 and "SLURM_PROCID" in os.environ


def _multi_worker() -> tf.distribute.Strategy:
    if _num_tasks():
        return tf.distribute.MultiWorkerMirroredStrategy()
    if not _in_slurm():
        raise ConfigError("train.strategy = 'multi_worker' needs TF_CONFIG or a Slurm job of several tasks: set one up")
    _check_slurm()
    resolver = tf.distribute.cluster_resolver.SlurmClusterResolver()
    return tf.distribute.MultiWorkerMirroredStrategy(cluster_resolver=resolver)


def _check_slurm() -> None:
    """Refuse what TensorFlow's resolver cannot read, before it fails with a traceback of its own."""
    for name in ("SLURM_STEP_NODELIST", "SLURM_STEP_TASKS_PER_NODE"):
        if not re.search(r"\w", os.environ.get(name, "")):
            raise ConfigError(f"{name} is not set: start the training with srun")
