"""The second factor of staff: enrolling a device, showing it at each log-in, and doing without it when it is lost."""
