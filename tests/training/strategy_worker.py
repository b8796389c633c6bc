"""Five steps of training under one strategy, in a process of its own; what they gave goes into an .npz file.

    python -m tests.training.strategy_worker one|mirrored|multi_worker OUTPUT.npz

Devices must be set up before TensorFlow computes anything, and workers find each other by TF_CONFIG.
"""

import sys

import numpy as np
import tensorflow as tf

from asr.batches import Bucket, make_batch, plan_in_order
from asr.config import Config, parse_config
from asr.training.tf_engine import TensorFlowEngine
from asr.training.tf_strategy import make_strategy

NUM_STEPS = 5
SETTINGS = {
    "features": {"num_mels": 12},
    "model": {"layers": 2, "units": 16, "norm": "batch", "dropout": 0.3},
    "optimizer": {"clip_norm": 0.5, "learning_rate": 1e-3},
    "schedule": {"warmup_epochs": 0},
    "train": {"epochs": 2},
}


def main(kind: str, output: str) -> None:
    if kind == "mirrored":
        (cpu,) = tf.config.list_physical_devices("CPU")
        tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    strategy = make_strategy(kind)
    config = parse_config(SETTINGS, "test")
    engine = TensorFlowEngine(config, num_classes=6, steps_per_epoch=NUM_STEPS, strategy=strategy)
    batches = [random_batch(config, step) for step in range(NUM_STEPS)]
    seeds = [np.arange(8, dtype=np.int32) + 100 * step for step in range(NUM_STEPS)]
    found = {"replicas": np.array(engine.num_replicas), "num_weights": np.array(len(engine.get_weights()))}
    for n, gradient in enumerate(engine.gradients(batches[0], seeds[0])):
        found[f"gradient_{n}"] = gradient
    steps = [engine.step(batch, seed) for batch, seed in zip(batches, seeds, strict=True)]
    found["losses"] = np.array([step.total_loss for step in steps])
    # Rows of another worker must not look broken.
    found["finite"] = np.array([np.isfinite(step.losses).all() for step in steps])
    found["norms"] = np.array([step.gradient_norm for step in steps])
    losses, log_probs = engine.evaluate(batches[0])
    found["val_losses"], found["log_probs"] = losses, log_probs
    for n, weight in enumerate(engine.get_weights()):
        found[f"weight_{n}"] = weight
    np.savez(output, **found)


def random_batch(config: Config, step: int):
    """Eight rows, of which the last is empty: the second replica has fewer utterances than the first."""
    rng = np.random.default_rng(step)
    num_frames = rng.integers(15, 40, size=7)
    bucket = Bucket(np.argsort(num_frames), size=8, num_frames=40, num_labels=4)
    frames = [rng.normal(size=(n, config.features.num_features)) for n in num_frames]
    labels = [rng.integers(1, 6, size=rng.integers(1, 5)).tolist() for _ in num_frames]
    return make_batch(plan_in_order([bucket])[0], frames.__getitem__, labels.__getitem__, config.features.num_features)


if __name__ == "__main__":
    main(*sys.argv[1:])
