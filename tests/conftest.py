"""What every test shares."""

import os

from hypothesis import HealthCheck, settings

# A shared machine may take its time over one example; that is no finding. What fails is printed so that it can be
# repeated; the examples differ from run to run, since the same ones again would find nothing new.
settings.register_profile(
    "default", deadline=None, derandomize=False, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("thorough", settings.get_profile("default"), max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
