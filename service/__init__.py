"""The HTTP service: Flask under gunicorn."""
