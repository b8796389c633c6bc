"""What a test of two systems gives."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Significance:
    """What a test says of the hypothesis that two systems make as many errors.

    Attributes:
        name: of the test, as ``matched pairs``.
        unit: what was paired, as ``segment``.
        num_units: pairs that the test rests on.
        statistic: its value; None where it is undefined.
        statistic_name: what that is, as ``Z``.
        p_value: probability, two-sided, of a statistic as far out or further if the systems were alike; None where
            it is undefined.
    """

    name: str
    unit: str
    num_units: int
    statistic: float | None
    statistic_name: str
    p_value: float | None
