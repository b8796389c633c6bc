import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from asr.transcribe.ahead import ahead


@pytest.fixture
def executor():
    with ThreadPoolExecutor(2) as executor:
        yield executor


def test_results_come_in_order_whatever_is_ready_first(executor):
    second = threading.Event()

    def work(number):
        if number == 0:
            assert second.wait(10)
        if number == 1:
            second.set()
        return number

    assert list(ahead(work, range(5), executor, 2)) == [0, 1, 2, 3, 4]
    assert list(ahead(work, [], executor, 2)) == []


@pytest.mark.parametrize("num_ahead", [0, 3])
def test_no_more_is_taken_than_is_worked_on_ahead(executor, num_ahead):
    items = iter(range(100))
    results = ahead(lambda number: number, items, executor, num_ahead)
    assert [next(results), next(results)] == [0, 1]
    assert next(items) == 2 + num_ahead
    results.close()


def test_an_error_is_raised_in_its_place(executor):
    results = ahead(lambda number: 1 // number, [1, 0, 1], executor, 1)
    assert next(results) == 1
    with pytest.raises(ZeroDivisionError):
        next(results)
