"""Random input, the same at every run; how much of it says EPOCHLAB_FAULTS."""

from hypothesis import HealthCheck, settings

from tests.faults import many


def tries(number: int) -> settings:
    """So many examples, however long one takes on a busy machine."""
    slow = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.large_base_example]
    return settings(
        max_examples=many(number), deadline=None, derandomize=True, database=None, suppress_health_check=slow
    )
