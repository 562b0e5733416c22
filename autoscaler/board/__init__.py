"""What is known of a live autoscaler, kept for the API, the live page and Prometheus; fed by each tick's report."""
