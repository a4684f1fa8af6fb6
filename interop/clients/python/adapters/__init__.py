"""The adapters, a file a client: each implements port.py with that client's own calls."""
