"""Rate limits count as the exchange's do."""

from dataclasses import dataclass

from cryptostream_simulator.limits import BucketLimiter, SlidingLimit, TokenBucket, WeightLimiter


@dataclass
class Clock:
    now: float = 1_000_000.0 * 60

    def __call__(self) -> float:
        return self.now


def test_weight_adds_up_within_a_minute_and_starts_anew_in_the_next() -> None:
    clock = Clock()
    limiter = WeightLimiter(100, 5, 120, clock)
    assert [limiter.charge("one", 40).used for _ in range(2)] == [40, 80]
    clock.now += 60
    assert limiter.charge("one", 40).used == 40


def test_the_limit_itself_is_allowed_and_one_more_is_refused_until_the_minute_ends() -> None:
    clock = Clock()
    limiter = WeightLimiter(100, 5, 120, clock)
    clock.now += 15
    assert limiter.charge("one", 100).status == 200
    refused = limiter.charge("one", 1)
    assert (refused.status, refused.retry_after) == (429, 45)
    clock.now += refused.retry_after
    assert limiter.charge("one", 1).status == 200


def test_who_ignores_a_429_is_banned_even_into_the_next_minutes() -> None:
    clock = Clock()
    limiter = WeightLimiter(10, 3, 120, clock)
    answers = [limiter.charge("one", 10).status for _ in range(5)]
    assert answers == [200, 429, 429, 429, 418]
    clock.now += 100
    banned = limiter.charge("one", 1)
    assert (banned.status, banned.retry_after) == (418, 20)
    clock.now += 20
    assert limiter.charge("one", 1).status == 200


def test_addresses_are_counted_apart() -> None:
    limiter = WeightLimiter(10, 3, 120, Clock())
    assert limiter.charge("one", 10).used == 10
    assert limiter.charge("two", 4).used == 4


def test_a_sliding_limit_forgets_what_is_older_than_its_window() -> None:
    clock = Clock()
    limit = SlidingLimit(5, 1.0, clock)
    assert all(limit.allows() for _ in range(5))
    assert not limit.allows()
    clock.now += 1.0
    assert limit.allows()


def test_a_bucket_allows_a_burst_and_then_its_rate() -> None:
    clock = Clock()
    bucket = TokenBucket(10, 15, clock)
    assert [bucket.allows() for _ in range(16)] == [True] * 15 + [False]
    clock.now += 0.25
    assert [bucket.allows() for _ in range(3)] == [True, True, False]
    clock.now += 60
    assert sum(bucket.allows() for _ in range(100)) == 15, "it never holds more than the burst"


def test_buckets_are_kept_by_address_and_tell_nothing_of_their_level() -> None:
    limiter = BucketLimiter(1, 1, Clock())
    assert [limiter.charge("one", 1).status for _ in range(2)] == [200, 429]
    assert limiter.charge("two", 1).status == 200
    assert limiter.charge("one", 1).retry_after == 0
