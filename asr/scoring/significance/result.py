"""What a test of two systems gives."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outcomes:
    """How many pairs each system wins.

    Attributes:
        won: by the second system.
        lost: by it, which the first system wins.
        tied: pairs on which both are alike.
    """

    won: int
    lost: int
    tied: int


@dataclass(frozen=True, slots=True)
class Significance:
    """What a test says of the hypothesis that two systems make as many errors.

    Attributes:
        name: of the test, as ``matched pairs``.
        unit: what was paired, as ``segment``.
        num_units: pairs that the test rests on.
        statistic: its value, which may be infinite; None where it is undefined.
        statistic_name: what that is, as ``Z``.
        p_value: probability, two-sided, of a statistic as far out or further if the systems were alike; None where
            it is undefined.
        outcomes: who wins the pairs, where that is what the test counts.
    """

    name: str
    unit: str
    num_units: int
    statistic: float | None
    statistic_name: str
    p_value: float | None
    outcomes: Outcomes | None = None
