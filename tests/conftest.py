"""Settings of all tests: hypothesis judges what is so, not how long a machine took that has other work too."""

from hypothesis import HealthCheck, settings

settings.register_profile("weir", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("weir")
