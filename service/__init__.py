"""The HTTP door: Flask under gunicorn. Routes read, ask, write; nothing is decided here."""
