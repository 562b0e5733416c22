"""The control API: what an autoscaler shows over HTTP, and the orders that it takes."""
