import itertools
import re

from hypothesis import given
from hypothesis import strategies as st

from asr.transcribe.textgrid import Interval, textgrid


def parsed(text):
    """Tiers by name, each a list of (xmin, xmax, text); what a reader of Praat's long form sees."""
    tiers = {}
    for item in re.split(r"^    item \[\d+\]:\n", text, flags=re.MULTILINE)[1:]:
        name = re.search(r'name = "((?:[^"]|"")*)"', item)[1].replace('""', '"')
        rows = re.findall(r'intervals \[\d+\]:\s+xmin = (\S+)\s+xmax = (\S+)\s+text = "((?:[^"]|"")*)"', item)
        assert f"intervals: size = {len(rows)}\n" in item
        tiers[name] = [(float(start), float(end), label.replace('""', '"')) for start, end, label in rows]
    return tiers


def test_a_grid_is_as_praat_writes_it():
    assert textgrid({"words": [Interval(0.25, 0.5, 'SAY "GO"')]}, 0.5) == (
        'File type = "ooTextFile"\n'
        'Object class = "TextGrid"\n'
        "\n"
        "xmin = 0\n"
        "xmax = 0.5\n"
        "tiers? <exists>\n"
        "size = 1\n"
        "item []:\n"
        "    item [1]:\n"
        '        class = "IntervalTier"\n'
        '        name = "words"\n'
        "        xmin = 0\n"
        "        xmax = 0.5\n"
        "        intervals: size = 2\n"
        "        intervals [1]:\n"
        "            xmin = 0\n"
        "            xmax = 0.25\n"
        '            text = ""\n'
        "        intervals [2]:\n"
        "            xmin = 0.25\n"
        "            xmax = 0.5\n"
        '            text = "SAY ""GO"""\n'
    )


@given(st.lists(st.floats(0, 9), max_size=8), st.text(st.characters(exclude_categories=["C", "Z"])))
def test_each_tier_covers_the_recording_without_a_gap(times, text):
    times = sorted(times[: len(times) // 2 * 2])
    intervals = [Interval(start, end, text) for start, end in zip(times[::2], times[1::2], strict=True)]
    tiers = parsed(textgrid({"words": intervals, "none": []}, 10.0))
    assert tiers["none"] == [(0.0, 10.0, "")]
    rows = tiers["words"]
    assert (rows[0][0], rows[-1][1]) == (0.0, 10.0)
    assert all(before[1] == after[0] for before, after in itertools.pairwise(rows))
    assert all(start < end for start, end, _ in rows)
    spoken = [interval for interval in intervals if interval.end - interval.start > 1e-5]
    assert [row[2] for row in rows].count(text) >= len(spoken)
