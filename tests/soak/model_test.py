"""The model must notice a server that grants too much, denies too much, or forgets too much."""

import pytest
from algorithms import Answer, Quota, Span
from model import Contradiction, Key, Limit

SECOND = 1_000_000
START = 1_800_000_000 * SECOND
ALGORITHMS = ["fixed_window", "sliding_window", "token_bucket"]


def key(algorithm="fixed_window", limit=2, window=10 * SECOND, **options) -> Key:
    return Key("k", Limit(algorithm, Quota(limit, window, limit), **options))


def at(seconds: float) -> Span:
    """A call that took a millisecond."""
    now = START + round(seconds * SECOND)
    return Span(now, now + 1000)


def allowed(remaining=None, reset_after=None):
    return Answer(True, remaining, reset_after), "ok"


def denied(remaining=None, reset_after=None):
    return Answer(False, remaining, reset_after), "limited"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_hit_beyond_the_limit_is_noticed(algorithm):
    k = key(algorithm)
    k.hit(at(0), 1, *allowed(1))
    k.hit(at(0.1), 1, *allowed(0))
    with pytest.raises(Contradiction):
        k.hit(at(0.2), 1, *allowed())


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_denial_within_the_limit_is_noticed(algorithm):
    k = key(algorithm)
    k.hit(at(0), 1, *allowed(1))
    with pytest.raises(Contradiction):
        k.hit(at(0.1), 1, *denied())


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_wrong_remaining_is_noticed(algorithm):
    k = key(algorithm, limit=5)
    k.hit(at(0), 2, *allowed(3))
    with pytest.raises(Contradiction):
        k.peek(at(0.1), 1, *allowed(4))


def test_a_fixed_window_ends_when_it_said():
    k = key()
    k.hit(at(0), 2, *allowed(0, 10 * SECOND))
    k.hit(at(5), 1, *denied(0, 5 * SECOND - 500))
    k.hit(at(10.01), 1, *allowed(1))
    with pytest.raises(Contradiction):
        k.hit(at(19), 1, *allowed(0, 3 * SECOND))


def test_a_sliding_window_is_followed_to_the_microsecond():
    start = 10.0 - START // SECOND % 10
    k = key("sliding_window", limit=10)
    k.hit(at(start + 5), 10, *allowed(0, 15 * SECOND - 300))
    k.peek(at(start + 15), 1, *allowed(5, 5 * SECOND))
    with pytest.raises(Contradiction):
        k.peek(at(start + 15), 1, *allowed(6, 5 * SECOND - 700))


def test_a_token_bucket_refills_at_its_rate():
    k = key("token_bucket", limit=10)
    k.hit(at(0), 10, *allowed(0, 10 * SECOND))
    k.hit(at(1.002), 1, *allowed(0))
    with pytest.raises(Contradiction):
        k.hit(at(1.5), 1, *allowed(0))


def test_a_lost_answer_leaves_both_possible():
    for remaining in (0, 1):
        k = key()
        k.hit(at(0), 1)
        k.hit(at(1), 1, *allowed(remaining))
    k.hit(at(2), 1)
    with pytest.raises(Contradiction):
        k.hit(at(3), 1, *allowed(1))


def test_a_crash_may_undo_what_is_younger_than_the_bound():
    k = key()
    k.hit(at(0), 1, *allowed(1))
    k.hit(at(4), 1, *allowed(0))
    k.crash(at(5).first, horizon=at(3).first, back=at(6).first)
    k.hit(at(7), 1, *allowed(0))
    assert k.deepest_loss == at(5).first - at(4).last


def test_a_crash_that_undoes_more_is_noticed():
    k = key()
    k.hit(at(0), 2, *allowed(0))
    k.crash(at(5).first, horizon=at(3).first, back=at(6).first)
    with pytest.raises(Contradiction):
        k.hit(at(7), 1, *allowed())


def test_a_crash_undoes_nothing_of_a_durable_key():
    k = key(durable=True)
    k.hit(at(0), 2, *allowed(0))
    k.crash(at(1).first, horizon=at(0).first - SECOND, back=at(2).first)
    with pytest.raises(Contradiction):
        k.hit(at(3), 1, *allowed())


def test_a_forgotten_block_is_noticed():
    k = key()
    k.block(at(0), 60 * SECOND, at(60).first)
    k.hit(at(1), 1, Answer(False, 0, None), "blocked")
    k.crash(at(5).first, horizon=at(3).first, back=at(6).first)
    assert k.blocked_for_certain(at(7))
    with pytest.raises(Contradiction):
        k.peek(at(7), 1, *allowed(2))


def test_the_longer_block_stays():
    k = key()
    k.block(at(0), 60 * SECOND, at(60).first)
    k.block(at(1), 5 * SECOND, at(60).first)
    with pytest.raises(Contradiction):
        k.block(at(2), 5 * SECOND, at(7).first)


def test_penalties_block_and_grow():
    k = key(penalties=(2 * SECOND, 4 * SECOND))
    k.hit(at(0), 2, *allowed(0))
    k.hit(at(1), 1, *denied(0, 9 * SECOND))
    k.hit(at(2), 1, Answer(False, 0, None), "blocked")
    k.hit(at(3.1), 1, *denied(0, 7 * SECOND))
    assert k.blocked_for_certain(at(7))
    assert not k.blocked_for_certain(at(7.2))


def test_refunds_and_resets_give_back():
    k = key()
    k.hit(at(0), 2, *allowed(0))
    k.refund(at(1), 1, True)
    k.hit(at(2), 1, *allowed(0))
    k.reset(at(3), True)
    k.hit(at(4), 2, *allowed(0))
    with pytest.raises(Contradiction):
        k.refund(at(5), 1, False)


def test_a_rolled_back_hit_of_a_durable_key_was_not_made():
    k = key(durable=True)
    k.hit(at(0), 2, *allowed(0), undone=True)
    k.hit(at(1), 2, *allowed(0))
