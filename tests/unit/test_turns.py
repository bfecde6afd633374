"""Writers take turns in the order in which they came."""

import threading
import time

from clair_bot.storage.turns import Turns


def test_nobody_is_passed_over() -> None:
    turns, order, held = Turns(), [], threading.Event()

    def busy() -> None:
        for number in range(5):
            with turns:
                held.set()
                order.append(f"busy {number}")
                time.sleep(0.05)

    def other() -> None:
        held.wait()
        with turns:
            order.append("other")

    threads = [threading.Thread(target=busy), threading.Thread(target=other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert order.index("other") <= 2
    assert len(order) == 6


def test_one_at_a_time_also_when_somebody_fails() -> None:
    turns, inside, most = Turns(), 0, 0

    def write(number: int) -> None:
        nonlocal inside, most
        try:
            with turns:
                inside += 1
                most = max(most, inside)
                time.sleep(0.001)
                inside -= 1
                int("x" if number % 3 == 0 else "1")
        except ValueError:
            pass

    threads = [threading.Thread(target=write, args=(number,)) for number in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (most, inside) == (1, 0)
    with turns:
        assert True
