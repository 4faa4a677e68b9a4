"""The keys of the soak, and what the calls on them are held against."""

from algorithms import Quota
from model import Key, Limit

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE


def limit(algorithm, hits, window, burst=None, **options) -> Limit:
    return Limit(algorithm, Quota(hits, window, burst or hits), **options)


# Short windows end many times in a run, long ones keep what crashes and evictions could lose.
SCENARIOS = {
    "fixed window of 4 s": limit("fixed_window", 6, 4 * SECOND),
    "fixed window of 1 h": limit("fixed_window", 60, HOUR),
    "sliding window of 3 s": limit("sliding_window", 8, 3 * SECOND),
    "sliding window of 10 min": limit("sliding_window", 80, 10 * MINUTE),
    "token bucket, 2 a second": limit("token_bucket", 20, 10 * SECOND, 7),
    "token bucket, 3 a minute": limit("token_bucket", 60, 20 * MINUTE),
    "policy, fixed window": limit("fixed_window", 20, 30 * SECOND, policy="soak-fixed"),
    "policy, token bucket": limit("token_bucket", 40, 2 * MINUTE, 10, policy="soak-bucket"),
    "policy with penalties": limit(
        "sliding_window", 4, 5 * SECOND, policy="soak-penalties", penalties=(2 * SECOND, 5 * SECOND, 20 * SECOND)
    ),
    "durable policy": limit("fixed_window", 30, HOUR, policy="soak-durable", durable=True),
    "durable token bucket": limit("token_bucket", 20, 20 * SECOND, policy="soak-durable-bucket", durable=True),
}

# More keys than the server has slots, so that keys are evicted and come back.
KEYS_A_SCENARIO = 200
SLOTS = 1024


def interval(microseconds: int) -> str:
    return f"{microseconds} microseconds"


def make_keys() -> dict[str, list[Key]]:
    return {
        scenario: [Key(f"soak:{number}:{index}", held_against) for index in range(KEYS_A_SCENARIO)]
        for number, (scenario, held_against) in enumerate(SCENARIOS.items())
    }


def set_policies(session) -> None:
    for held_against in SCENARIOS.values():
        if held_against.policy:
            burst = held_against.quota.burst if held_against.algorithm == "token_bucket" else None
            session.execute(
                "SELECT ratelimit_policy_set(%s, %s, %s::interval, %s, %s, %s::interval[], durable => %s)",
                [
                    held_against.policy,
                    held_against.quota.limit,
                    interval(held_against.quota.window),
                    held_against.algorithm,
                    burst,
                    [interval(penalty) for penalty in held_against.penalties],
                    held_against.durable,
                ],
            )
