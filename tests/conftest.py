"""What holds for all tests."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# A busy machine must not fail a test: neither how long an example takes nor how long inventing it does counts.
settings.register_profile("rochallor", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("rochallor")
