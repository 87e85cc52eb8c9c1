"""Checks over HTTP."""
from tests.service.client import Client


def test_x(client: Client, home: str) -> None:
    """A check."""
    print(client.get(home))
    print(client.post(f"{home}/tuples/write", {"writes": [{"subject": "member:ada", "relation": "viewer", "object": "resource:wiki"}]}))
    print(client.post(f"{home}/check", {"subject": "member:ada", "relation": "viewer", "object": "resource:wiki", "explain": True}))
    print(client.post(f"{home}/check", {"subject": "member:ada", "relation": "viewer", "object": "resource:wiki", "zookie": "AAAA"}))
    print(client.get("/openapi.json").body[:6000])
    for p in ["/healthz", "/readyz", "/v1/stores", "/v1/stores/%00", "/v1/stores/a%2Fb", "/x"]:
        print(client.get(p))
