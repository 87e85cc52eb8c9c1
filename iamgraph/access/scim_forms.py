"""SCIM's documents (RFC 7643, 7644): what is read of those an identity provider sends, and the form of the answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any, Final, TypeVar

from pydantic import Field, ValidationError
from scim2_models import (
    URI,
    URN,
    AuthenticationScheme,
    Bulk,
    CaseExact,
    ChangePassword,
    ComplexAttribute,
    Context,
    ETag,
    Filter,
    Meta,
    Mutability,
    Name,
    Pagination,
    Patch,
    PatchOp,
    Reference,
    Required,
    Resource,
    ResourceType,
    ResponseParameters,
    Schema,
    SCIMException,
    ScimPolicy,
    SearchRequest,
    ServiceProviderConfig,
    Sort,
    Uniqueness,
)
from scim2_models import Error as ScimFault

from iamgraph.access.provisioning import KnownGroup, KnownUser
from iamgraph.errors import RequestError

MAX_SCIM_PAGE: Final = 1_000
SCIM_PAGE: Final = 100
# What providers send besides is theirs to know: it is passed over. The rest is how Entra ID speaks.
LENIENT: Final = ScimPolicy(
    unknown=ScimPolicy.Unknown.ignore,
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
)


class Email(ComplexAttribute):
    """An address of a user."""

    value: str | None = None
    type: str | None = None
    primary: bool | None = None


class User(Resource[Any]):
    """A member of the workspace, or one who was."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:User")

    user_name: Annotated[str | None, Required.true, Uniqueness.server, CaseExact.false] = None
    display_name: str | None = None
    name: Name | None = None
    active: bool | None = None
    emails: list[Email] | None = None


class Member(ComplexAttribute):
    """A user in a group."""

    value: Annotated[str | None, Mutability.immutable, CaseExact.true] = None
    ref: Annotated[Reference[User] | None, Mutability.immutable] = Field(
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    type: Annotated[str | None, Mutability.immutable] = None


class Group(Resource[Any]):
    """A group of the workspace."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:Group")

    display_name: Annotated[str | None, Required.true, Uniqueness.server] = None
    members: list[Member] | None = None


DESCRIBED: Final[tuple[type[Resource[Any]], ...]] = (User, Group)
# What of a user is told to be the person's own. It is read all the same: to refuse it whole would refuse, with another
# address, that somebody is to lose access.
OWN: Final = {
    "userName": Mutability.immutable,
    "displayName": Mutability.immutable,
    "name": Mutability.immutable,
    "emails": Mutability.read_only,
}
R = TypeVar("R", User, Group)


# --- what is read ---


@contextmanager
def understood() -> Iterator[None]:
    """Makes a `RequestError` of what the library does not accept."""
    try:
        yield
    except SCIMException as fault:
        raise _refusal(fault.scim_type, fault.detail or str(fault)) from fault
    except ValidationError as fault:
        first = ScimFault.from_validation_errors(fault)[0]
        raise _refusal(first.scim_type, first.detail or "") from fault


def _refusal(keyword: str | None, detail: str) -> RequestError:
    said = " ".join(detail.split()).rstrip(".")
    message = said[:1].lower() + said[1:]
    match keyword:
        case "invalidFilter":
            return RequestError(message, code="malformed_filter")
        case "invalidPath":
            return RequestError(message, code="malformed_path")
        case "invalidSyntax":
            return RequestError(message, code="malformed_request")
        case "noTarget":
            return RequestError(message, code="no_target")
        case "mutability":
            return RequestError(message, code="immutable")
        case _:
            return RequestError(message, code="invalid_request")


def read_new(form: type[R], document: Any) -> R:
    """A resource that is to be made."""
    return _read(form, document, Context.RESOURCE_CREATION_REQUEST)


def read_replacement(form: type[R], document: Any) -> R:
    """What a resource is to be."""
    return _read(form, document, Context.RESOURCE_REPLACEMENT_REQUEST)


def _read(form: type[R], document: Any, context: Context) -> R:
    with understood():
        return form.model_validate(document, scim_ctx=context, scim_policy=LENIENT)


def read_patch(form: type[R], document: Any) -> PatchOp[R]:
    """Operations on a resource."""
    with understood():
        found: PatchOp[R] = PatchOp[form].model_validate(  # type: ignore[valid-type]  # made for the form asked for
            document, scim_ctx=Context.RESOURCE_PATCH_REQUEST, scim_policy=LENIENT
        )
    return found


def read_query(form: type[R], asked: Mapping[str, str]) -> SearchRequest[R]:
    """Which resources are wanted, and which of their attributes; what is no question to a list is passed over."""
    known = {name: asked[name] for name in ("filter", "startIndex", "count", *_SHOWN) if name in asked}
    with understood():
        found: SearchRequest[R] = SearchRequest[form].model_validate(known)  # type: ignore[valid-type]  # as above
    return found


_SHOWN: Final = ("attributes", "excludedAttributes")


def display_of(user: User) -> str | None:
    """The name of a user, however the provider puts it."""
    parts = user.name
    if user.display_name or parts is None:
        return user.display_name or None
    joined = " ".join(one for one in (parts.given_name, parts.family_name) if one)
    return parts.formatted or joined or None


# --- what is answered ---


def user_document(user: KnownUser, base: str) -> User:
    """A user as SCIM has it."""
    return User(
        id=user.id,
        external_id=user.external_id,
        user_name=user.email or user.id,
        display_name=user.name,
        name=Name(formatted=user.name) if user.name else None,
        active=user.active,
        emails=[Email(value=user.email, type="work", primary=True)] if user.email else None,
        meta=_meta("User", f"{base}/Users/{user.id}"),
    )


def group_document(group: KnownGroup, base: str) -> Group:
    """A group as SCIM has it."""
    members = None if group.members is None else [_member(one, base) for one in group.members]
    return Group(
        id=group.id,
        external_id=group.external_id,
        display_name=group.name,
        members=members,
        meta=_meta("Group", f"{base}/Groups/{group.id}"),
    )


def _member(id_: str, base: str) -> Member:
    return Member(value=id_, ref=Reference[User](f"{base}/Users/{id_}"), type="User")


def _meta(kind: str, location: str) -> Meta:
    return Meta(resource_type=kind, location=location)


def shown(resource: Resource[Any], asked: ResponseParameters[Any]) -> dict[str, Any]:
    """A resource as JSON, with the attributes that were asked for."""
    with understood():
        return resource.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=asked)


def listed(resources: list[dict[str, Any]], total: int, start: int) -> dict[str, Any]:
    """A page of a list."""
    return {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
        "totalResults": total,
        "startIndex": start,
        "itemsPerPage": len(resources),
        "Resources": resources,
    }


# --- what is told of the service ---


def provider_config(base: str) -> dict[str, Any]:
    """What the service can do."""
    scheme = AuthenticationScheme(
        type=AuthenticationScheme.Type.oauthbearertoken,
        name="Bearer token",
        description="the secret of a token that is an owner of the workspace",
        primary=True,
    )
    config = ServiceProviderConfig(
        patch=Patch(supported=True),
        bulk=Bulk(supported=False, max_operations=0, max_payload_size=0),
        filter=Filter(supported=True, max_results=MAX_SCIM_PAGE),
        change_password=ChangePassword(supported=False),
        sort=Sort(supported=False),
        etag=ETag(supported=False),
        authentication_schemes=[scheme],
        pagination=Pagination(cursor=False, index=True, default_page_size=SCIM_PAGE, max_page_size=MAX_SCIM_PAGE),
        meta=_meta("ServiceProviderConfig", f"{base}/ServiceProviderConfig"),
    )
    return _told(config)


def resource_types(base: str) -> list[dict[str, Any]]:
    """The kinds of resources."""
    found = []
    for form in DESCRIBED:
        kind = ResourceType.from_resource(form)
        kind.endpoint = Reference[URI](f"/{form.__name__}s")
        kind.meta = _meta("ResourceType", f"{base}/ResourceTypes/{kind.id}")
        found.append(_told(kind))
    return found


def schemas(base: str) -> list[dict[str, Any]]:
    """The attributes of each kind."""
    found = []
    for form in DESCRIBED:
        schema: Schema = form.to_schema()
        for one in (schema.attributes or ()) if form is User else ():
            one.mutability = OWN.get(one.name or "", one.mutability)
        schema.meta = _meta("Schema", f"{base}/Schemas/{schema.id}")
        found.append(_told(schema))
    return found


def _told(resource: Resource[Any]) -> dict[str, Any]:
    return resource.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE)
