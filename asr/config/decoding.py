"""How posteriors become text."""

from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from asr.config.section import Section


class WindowConfig(Section):
    """What the network sees at a time of long recordings and streams, where it cannot carry its state on."""

    window_s: PositiveFloat = Field(
        default=60.0, description="longer recordings are cut into windows of at most this length"
    )
    context_s: PositiveFloat = Field(default=3.0, description="seen on either side of a window")
    chunk_s: PositiveFloat = Field(default=0.5, description="streams: sound between two looks of the network")
    look_ahead_s: PositiveFloat = Field(
        default=1.0, description="streams: seen after a chunk before it becomes text; part of the latency"
    )
    look_back_s: PositiveFloat = Field(default=8.0, description="streams: seen before a chunk")


class EndpointConfig(Section):
    """Where an utterance ends in long recordings and streams; `endpoint` in `decoder.json` overrides it."""

    silence_s: PositiveFloat = Field(
        default=0.8, description="nothing said for so long ends an utterance, by the network's posteriors"
    )
    min_s: NonNegativeFloat = Field(default=0.5, description="shortest utterance")
    max_s: PositiveFloat = Field(
        default=20.0, description="after so long, words that are settled are given out up to a pause, without an end"
    )


class DecodeConfig(Section):
    """How posteriors become text when the command line says nothing else."""

    beam_size: PositiveInt = Field(default=1, description="prefixes kept; 1 is greedy search")
    windows: WindowConfig = Field(default=WindowConfig(), description="what the network sees of long recordings")
    endpoint: EndpointConfig = Field(default=EndpointConfig(), description="where utterances end")
