"""What benchmarks/speed.py times is what an answer consists of: it breaks together with it, not months later."""

from assistant.settings import Settings
from benchmarks import speed


def test_every_part_of_an_answer_is_timed(built_settings: Settings):
    times = speed.times(built_settings, ["楼上漏水把我家天花板泡了", "他喝了酒打我"])
    assert set(speed.FLOOR) < set(times)
    assert all(spent.shape == (2,) and (spent > 0).all() for spent in times.values())
