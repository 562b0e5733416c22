"""Reports: pure functions of what a run left behind, as text, JSON, CSV and one HTML file that opens offline."""
