"""The routes of `/scim/v2/{workspace}`, for identity providers: SCIM 2.0 (RFC 7644) in SCIM's own forms."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, Response, request

from iamgraph.access.scim import Scim
from iamgraph.service.doors import access
from iamgraph.service.problems import SCIM_JSON, SCIM_ROOT

_NO_CONTENT: Final = 204

# Not in `/openapi.json`: SCIM describes itself, at `/Schemas` and `/ResourceTypes`.
routes = Blueprint("scim", __name__, url_prefix=f"{SCIM_ROOT}<workspace>")


def _scim(workspace: str) -> Scim:
    return Scim(access().desk, workspace, f"{request.url_root.rstrip('/')}{SCIM_ROOT}{workspace}")


def _asked() -> Mapping[str, str]:
    return request.args.to_dict()


def _answer(document: Any, status: int = 200) -> Response:
    return Response(json.dumps(document) + "\n", status, content_type=SCIM_JSON)


def _made(document: dict[str, Any]) -> Response:
    response = _answer(document, 201)
    response.headers["Location"] = f"{request.base_url}/{document['id']}"
    return response


# --- what there is ---


@routes.get("/ServiceProviderConfig")
def config(workspace: str) -> Response:
    """What of SCIM is there."""
    return _answer(_scim(workspace).config())


@routes.get("/ResourceTypes")
def list_types(workspace: str) -> Response:
    """The kinds of resources."""
    return _answer(_scim(workspace).resource_types())


@routes.get("/ResourceTypes/<type>")
def get_type(workspace: str, type: str) -> Response:
    """One of them."""
    return _answer(_scim(workspace).resource_type(type))


@routes.get("/Schemas")
def list_schemas(workspace: str) -> Response:
    """The attributes of each kind."""
    return _answer(_scim(workspace).schemas())


@routes.get("/Schemas/<schema>")
def get_schema(workspace: str, schema: str) -> Response:
    """Those of one kind."""
    return _answer(_scim(workspace).schema(schema))


# --- users ---


@routes.get("/Users")
def list_users(workspace: str) -> Response:
    """A page of users."""
    return _answer(_scim(workspace).users(_asked()))


@routes.post("/Users")
def create_user(workspace: str) -> Response:
    """A new member, with minimal access."""
    return _made(_scim(workspace).create_user(request.get_json(), _asked()))


@routes.get("/Users/<user>")
def get_user(workspace: str, user: str) -> Response:
    """One user."""
    return _answer(_scim(workspace).user(user, _asked()))


@routes.put("/Users/<user>")
def replace_user(workspace: str, user: str) -> Response:
    """Begin or end a membership."""
    return _answer(_scim(workspace).replace_user(user, request.get_json(), _asked()))


@routes.patch("/Users/<user>")
def patch_user(workspace: str, user: str) -> Response:
    """Begin or end a membership, by operations."""
    return _answer(_scim(workspace).patch_user(user, request.get_json(), _asked()))


@routes.delete("/Users/<user>")
def delete_user(workspace: str, user: str) -> Response:
    """End a membership; the account stays."""
    _scim(workspace).delete_user(user)
    return Response(status=_NO_CONTENT)


# --- groups ---


@routes.get("/Groups")
def list_groups(workspace: str) -> Response:
    """A page of groups."""
    return _answer(_scim(workspace).groups(_asked()))


@routes.post("/Groups")
def create_group(workspace: str) -> Response:
    """A new group, without policies."""
    return _made(_scim(workspace).create_group(request.get_json(), _asked()))


@routes.get("/Groups/<group>")
def get_group(workspace: str, group: str) -> Response:
    """One group."""
    return _answer(_scim(workspace).group(group, _asked()))


@routes.put("/Groups/<group>")
def replace_group(workspace: str, group: str) -> Response:
    """Name and members, as they are sent."""
    return _answer(_scim(workspace).replace_group(group, request.get_json(), _asked()))


@routes.patch("/Groups/<group>")
def patch_group(workspace: str, group: str) -> Response:
    """Rename a group, add members, remove others; answered with the group only where attributes are asked for."""
    told = _scim(workspace).patch_group(group, request.get_json(), _asked())
    return Response(status=_NO_CONTENT) if told is None else _answer(told)


@routes.delete("/Groups/<group>")
def delete_group(workspace: str, group: str) -> Response:
    """End a group; its members stay."""
    _scim(workspace).delete_group(group)
    return Response(status=_NO_CONTENT)
