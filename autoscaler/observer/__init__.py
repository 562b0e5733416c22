"""What there is to know, once a second: offsets, rates, time lag, group, workers and their CPU, as one Observation."""
