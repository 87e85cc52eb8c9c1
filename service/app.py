"""The Flask application: routes, errors, limits and headers put together. Opens nothing."""

from __future__ import annotations

from importlib.metadata import version

from flask import Response, jsonify
from flask_openapi3 import Info, OpenAPI

from iamgraph.service import (
    access,
    api,
    bulk,
    credentials,
    lists,
    past,
    problems,
    reasons,
    reports,
    resources,
    scim,
    trail,
)
from iamgraph.service.doors import (
    METRICS,
    StrictJson,
    check_body,
    check_key,
    check_listener,
    check_query,
    doors,
    set_deadline,
)
from iamgraph.service.long import hold_long
from iamgraph.service.metrics import CONTENT_TYPE, Metrics
from iamgraph.service.page_files import about, index, page_file
from iamgraph.service.problems import problem
from iamgraph.service.rates import Rates
from iamgraph.service.reference import page, style
from iamgraph.service.scopes import SCHEMES, check_declared, described
from iamgraph.service.seen import SeenApp
from iamgraph.settings import Settings


def create_app(settings: Settings, metrics: Metrics | None = None) -> OpenAPI:
    """The application; it answers once `open_doors` gave it a connection."""
    metrics = metrics or Metrics()
    app = SeenApp(
        "iamgraph",
        info=Info(title="iamgraph", version=version("iamgraph"), description="Who can access what, and why."),
        security_schemes=SCHEMES,
        validation_error_callback=problems.invalid,
        validation_error_status=400,
        doc_ui=False,
        static_folder=None,
    )
    app.url_map.merge_slashes = False  # a redirect would not be a problem document
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body
    app.config["MAX_IMPORT"] = settings.max_import
    app.config["DEADLINE"] = settings.deadline
    app.config["STORE"] = settings.store
    app.config["KEYS"] = not settings.no_auth
    app.config["HOSTS"] = settings.names
    app.config["THREADS"] = settings.threads
    app.config["WARM"] = settings.warm
    app.config["RETENTION"] = settings.retention
    app.config["CYPHER"] = settings.cypher
    app.config["MAX_WAITING"] = settings.max_waiting
    app.config["RATES"] = Rates(settings.rate)
    app.config["METRICS_PORT"] = settings.metrics_port
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.json = StrictJson(app)
    app.see(metrics, settings.access_log, settings.slow)
    app.before_request(set_deadline)
    app.before_request(check_listener)
    app.before_request(check_key)
    app.before_request(check_query)
    app.before_request(check_body)
    hold_long(app, settings.max_long)
    app.after_request(_headers)
    app.register_api(api.routes)
    for one in (lists, reasons, past, bulk, access, resources, credentials, trail, reports):
        app.register_api(one.routes)
    app.register_blueprint(scim.routes)
    _add_open_routes(app)
    app.add_url_rule("/metrics", METRICS, lambda: Response(metrics.text(), content_type=CONTENT_TYPE))
    problems.register(app)
    check_declared(app)
    return app


def _add_open_routes(app: OpenAPI) -> None:
    app.add_url_rule("/healthz", "healthz", lambda: jsonify(status="ok"))
    app.add_url_rule("/readyz", "readyz", _ready)
    app.add_url_rule("/openapi.json", "openapi", lambda: jsonify(described(app, app.api_doc)))
    app.add_url_rule("/", "page", index)
    app.add_url_rule("/page/about", "page_about", about)
    app.add_url_rule("/page/<file>", "page_file", page_file)
    app.add_url_rule("/docs", "docs", lambda: page(described(app, app.api_doc)))
    app.add_url_rule("/docs/style.css", "docs_style", style)


def _ready() -> Response:
    """Ready when every part that answers need is there; else 503, with the part that is not."""
    found = doors().readiness.found()
    if found.code is None:
        return jsonify({"status": "ready", **found.parts})
    return problem(503, found.code, found.detail, **found.parts)


def _headers(response: Response) -> Response:
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = "DENY"
    response.headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
    response.headers.setdefault("Cache-Control", "no-store")
    return response
