"""Why a metric gave no answer."""


class MetricFault(Exception):  # noqa: N818  # an answer on its way to a condition, never shown as an error
    """A metric from which no number of workers can be had.  The message becomes that of ScalingActive."""
