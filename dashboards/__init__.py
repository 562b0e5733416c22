"""What people look at: Prometheus' rules and Grafana's boards."""
