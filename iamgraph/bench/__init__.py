"""The benchmark: an organisation, an evaluation of its own, load over HTTP and in process, and the figures."""
