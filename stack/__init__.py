"""What only the compose stack needs: its credentials and certificates, and the filter before the Docker engine."""
