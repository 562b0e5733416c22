"""Grafana's boards as code.  `make dashboards` writes json/ from boards/; Grafana reads json/ and provisioning/."""
