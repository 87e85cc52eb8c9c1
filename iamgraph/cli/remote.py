"""A service asked by HTTP: the questions, answers and errors of an `Authorizer`."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Self, TypeVar
from urllib.parse import quote, urlencode

import requests

from iamgraph.cli.said import Said, of_time, of_tuple
from iamgraph.errors import ConflictError, IamgraphError, LimitError, ModelError, RequestError, StoreError
from iamgraph.expand import ExpandQuestion, Node, NodeKind, Tree
from iamgraph.exploring import Exploration, Rows, of_json
from iamgraph.listing import Access, AccessList, ListAccess, ListObjects, ListSubjects, SubjectsPage
from iamgraph.model.faults import Fault, ModelTextError
from iamgraph.printing import Report, report_of
from iamgraph.questions import (
    MAX_WAIT,
    Change,
    ChangePage,
    CheckQuestion,
    Decision,
    Deletion,
    FilterDelete,
    Following,
    Outcome,
    Page,
    Scope,
    StoredKey,
    StoredModel,
    StoreInfo,
    TupleFilter,
    WriteRequest,
)
from iamgraph.reasons import Branch, NotFound, PastWhy, Proof, Remedy, Why, WhyQuestion
from iamgraph.review import ReviewQuestion
from iamgraph.revision import Revision
from iamgraph.tuples import (
    ConditionUse,
    Object,
    RelationTuple,
    StoredTuple,
    Userset,
    parse_object,
    parse_subject,
    parse_tuple,
)

if TYPE_CHECKING:
    from iamgraph.bulk.imports import Import, Rejected, Step
    from iamgraph.history import Moment, PastQuestion, Since
    from iamgraph.impact import Between, Impact, Scoped, Trial

# The service answers within its deadline, which is 60 seconds at most.
TIMEOUT_SECONDS: Final = (5.0, 65.0)
# An import is silent for as long as it tries one chunk again and again.
IMPORT_TIMEOUT_SECONDS: Final = (5.0, 160.0)
CLASS_OF_STATUS: Final = {409: ConflictError, 422: ModelError}
LIMIT_CODES: Final = frozenset(
    {
        "too_many_accesses",
        "limit_exceeded",
        "too_many_tuples",
        "too_many_preconditions",
        "tuples_read_limit",
        "rate_exceeded",
        "list_too_large",
    }
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ToldRevision(Revision):
    """A revision as a service tells it: its zookie, and its number, 0 where the answer has none."""

    token: str

    def zookie(self) -> str:
        """The token told."""
        return self.token


class Remote:
    """A service. Every method asks as the one of `Authorizer` by that name does."""

    def __init__(self, url: str, key: str | None) -> None:
        """`key` goes along with each request, where there is one."""
        if key is not None and not (key.isascii() and key.isprintable()):
            raise RequestError("the key is none of iamgraph's", code="unauthenticated")
        self._url = url.rstrip("/")
        self._session = requests.Session()
        # Set even without a key: else one for this host in a file of the user's would be sent.
        self._session.auth = _signature(key)

    def close(self) -> None:
        """End the connection."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ready(self) -> None:
        """`StoreError` if the service, or the Neo4j behind it, does not answer."""
        self._ask("GET", "/readyz", lambda said: said["status"])

    # --- check and tuples ---

    def check(self, question: CheckQuestion) -> Decision:
        """May the subject?"""
        body = {**_question(question), "zookie": question.zookie}
        return self._ask("POST", _path(question.store, "check"), lambda said: _decision(question.store, said), body)

    def check_at(self, asked: PastQuestion) -> Decision:
        """What a check would have been answered then."""
        store = asked.question.store
        body = {**_question(asked.question), **_moment("at", asked.at)}
        return self._ask("POST", _path(store, "history/check"), lambda said: _decision(store, said), body)

    def since(self, question: CheckQuestion) -> Since:
        """Who gave this access and when."""
        from iamgraph.history import Since  # noqa: PLC0415 - only where it is asked

        def read(said: Said) -> Since:
            change = _change(said["change"]) if "change" in said else None
            return Since(_decision(question.store, said), change, not said.get("older", False))

        asked = _question(question)
        body = {name: asked[name] for name in ("subject", "relation", "object")}
        return self._ask("POST", _path(question.store, "history/since"), read, body)

    def changed(self, asked: Between) -> Impact:
        """Who gained and lost which access between two revisions or times."""
        body = {**_scoped(asked.scoped), **_moment("since", asked.since), **_moment("until", asked.until)}
        return self._ask("POST", _path(asked.store, "history/changes"), partial(_impact, asked.store), body)

    def what_if(self, trial: Trial) -> Impact:
        """Who would gain and lose which access."""
        body = {
            **_scoped(trial.scoped),
            "writes": [of_tuple(one) for one in trial.writes],
            "deletes": [of_tuple(one) for one in trial.deletes],
            "model": trial.model,
        }
        return self._ask(
            "POST", _path(trial.store, "what-if"), partial(_impact, trial.store), body, text=trial.model or ""
        )

    def list_objects(self, asked: ListObjects) -> Page[Object]:
        """The objects a subject may."""
        body: Said = {"subject": str(asked.subject), "relation": asked.relation, "type": asked.type, **_then(asked.at)}
        path = _path(asked.store, "list-objects" if asked.at is None else "history/list-objects")
        if asked.whole:
            said = self._whole(path, body)
            return Page(tuple(parse_object(one) for one in said["object"]), None, _revision(asked.store, said["end"]))
        body |= {"limit": asked.limit, "cursor": asked.cursor, "zookie": asked.zookie}
        return self._ask("POST", path, lambda said: _objects(asked.store, said), body)

    def list_subjects(self, asked: ListSubjects) -> SubjectsPage:
        """The subjects that may."""
        body: Said = {
            "object": str(asked.object),
            "relation": asked.relation,
            "type": str(asked.kind),
            **_then(asked.at),
        }
        path = _path(asked.store, "list-subjects" if asked.at is None else "history/list-subjects")
        if asked.whole:
            said = self._whole(path, body)
            told = {"subjects": said["subject"], "except": said["except"], "wildcard": said["wildcard"]}
            return _subjects(asked.store, {**told, **said["end"]})
        body |= {"limit": asked.limit, "cursor": asked.cursor, "zookie": asked.zookie}
        return self._ask("POST", path, lambda said: _subjects(asked.store, said), body)

    def list_access(self, asked: ListAccess) -> AccessList:
        """All a subject can do."""
        body = {
            "subject": str(asked.subject),
            "types": sorted(asked.types),
            "limit": asked.limit,
            "zookie": asked.zookie,
        }
        return self._ask("POST", _path(asked.store, "list-access"), lambda said: _access(asked.store, said), body)

    def expand(self, asked: ExpandQuestion) -> Tree:
        """The tree behind a relation of an object."""
        body = {"object": str(asked.object), "relation": asked.relation, "zookie": asked.zookie}
        return self._ask("POST", _path(asked.store, "expand"), lambda said: _tree(asked.store, said), body)

    def review(self, asked: ReviewQuestion) -> Report:
        """A whole review as a report."""
        body: Said = {
            "object": str(asked.object),
            "relations": sorted(asked.relations),
            "types": sorted(asked.types),
            "one_path": asked.one_path,
        }
        return self._ask("POST", _path(asked.store, "review?whole=true"), report_of, body)

    def _whole(self, path: str, body: Said) -> Said:
        """The lines of a list that is told whole, by what they say."""
        answer = self._sent("POST", f"{path}?stream=true", IMPORT_TIMEOUT_SECONDS, json=body, stream=True)
        if not answer.ok:
            self._answer(answer, lambda said: said, "")
        found: Said = {"object": [], "subject": [], "except": [], "wildcard": False, "end": None}
        try:
            for line in answer.iter_lines():
                ((name, value),) = json.loads(line).items()
                if name == "problem":
                    raise _problem(value["status"], value, "")
                if isinstance(found[name], list):
                    found[name].append(value)
                else:
                    found[name] = value
        except requests.RequestException as fault:
            raise StoreError(f"`{self._url}` broke off its answer", code="service_unavailable") from fault
        except (AttributeError, KeyError, TypeError, ValueError) as fault:
            raise self._strange(answer) from fault
        if found["end"] is None:
            raise StoreError(f"`{self._url}` broke off its answer", code="service_unavailable")
        return found

    def why(self, asked: WhyQuestion) -> Why:
        """Why may the subject, or why not?"""
        body = {
            "subject": str(asked.subject),
            "relation": asked.relation,
            "object": str(asked.object),
            "limit": asked.limit,
            "zookie": asked.zookie,
        }
        return self._ask("POST", _path(asked.store, "why"), lambda said: _why(asked.store, said), body)

    def why_at(self, asked: PastWhy) -> Why:
        """Why might the subject then, or why not?"""
        question = asked.question
        body = {
            "subject": str(question.subject),
            "relation": question.relation,
            "object": str(question.object),
            "limit": question.limit,
            **_moment("at", asked.at),
        }
        store = question.store
        return self._ask("POST", _path(store, "history/why"), lambda said: _why(store, said), body)

    def write(self, request: WriteRequest) -> Revision:
        """Delete and write tuples, whole or not at all."""
        body = {
            "writes": [of_tuple(one) for one in request.writes],
            "deletes": [of_tuple(one) for one in request.deletes],
            "preconditions": [
                {"tuple": of_tuple(one.tuple), "must_exist": one.must_exist} for one in request.preconditions
            ],
            "by": request.by,
            "reason": request.reason,
            "idempotency_key": request.idempotency_key,
            "on_existing": request.on_existing.value,
            "on_missing": request.on_missing.value,
        }
        path = _path(request.store, "tuples/write")
        return self._ask("POST", path, lambda said: _revision(request.store, said), body)

    def delete_matching(self, request: FilterDelete) -> Deletion:
        """Delete every tuple a filter means, or find out which."""
        body = {
            **_filter(request.wanted),
            "limit": request.limit,
            "dry_run": request.dry_run,
            "by": request.by,
            "reason": request.reason,
            "idempotency_key": request.idempotency_key,
        }
        path = _path(request.store, "tuples/delete-by-filter")
        return self._ask("POST", path, lambda said: _deletion(request.store, said), body)

    def delete_object(
        self,
        store: str,
        object_: Object,
        by: str | None = None,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> tuple[Revision, int]:
        """Delete an object and every tuple it stands in."""
        body = {"object": str(object_), "by": by, "reason": reason, "idempotency_key": idempotency_key}
        path = _path(store, "objects/delete")
        return self._ask("POST", path, lambda said: (_revision(store, said), int(said["deleted"])), body)

    def read(
        self, store: str, wanted: TupleFilter | None = None, limit: int = 100, cursor: str | None = None
    ) -> Page[StoredTuple]:
        """A page of tuples."""
        body = {**_filter(wanted or TupleFilter()), "limit": limit, "cursor": cursor}
        return self._ask("POST", _path(store, "tuples/read"), lambda said: _page(store, said), body)

    def changes(self, store: str, since: int = 0, limit: int = 100) -> tuple[Change, ...]:
        """The changes after a revision."""
        return self.follow(Following(store, since, limit=limit)).items

    def follow(self, asked: Following) -> ChangePage:
        """A page of changes; where there is none, the first that comes within `asked.wait` seconds."""
        place = [("since", str(asked.since))] if asked.cursor is None else [("cursor", asked.cursor)]
        only = [("type", one) for one in sorted(asked.types)] + [("relation", one) for one in sorted(asked.relations)]
        sized = [("limit", str(asked.limit)), ("wait", str(asked.wait))]
        path = _path(asked.store, f"changes?{urlencode(place + only + sized)}")
        return self._ask("GET", path, lambda said: _changes(asked.store, said))

    def pages(self, asked: Following) -> Iterator[ChangePage]:
        """Pages of changes for ever, each once it is there, and an empty one now and then."""
        while True:
            page = self.follow(replace(asked, wait=float(MAX_WAIT)))
            yield page
            asked = replace(asked, since=0, cursor=page.revision.zookie())

    def load(self, wanted: Import, file: BinaryIO) -> tuple[str, bool, Iterator[Step]]:
        """Import a file: the import's id, whether it goes on with one that was cut off, and its steps."""
        asked = {
            "id": wanted.id,
            "format": wanted.format,
            "name": wanted.name,
            "by": wanted.by,
            "reason": wanted.reason,
            "on_existing": wanted.on_existing.value,
            "strict": wanted.strict,
            "dry_run": wanted.dry_run,
        }
        query = urlencode({name: value for name, value in asked.items() if value is not None})
        headers = {"Content-Type": "application/octet-stream"}
        given = {"data": file, "headers": headers, "stream": True}
        answer = self._sent("POST", _path(wanted.store, f"import?{query}"), IMPORT_TIMEOUT_SECONDS, **given)
        if not answer.ok:
            self._answer(answer, lambda said: said, "")
        lines = self._lines(answer)
        name, begun = next(lines)
        if name != "import":
            raise self._strange(answer)
        return begun["id"], begun["resumed"], self._steps(answer, lines)

    def export(self, store: str, *, history: bool) -> Iterator[str]:
        """Every tuple of a store at one revision, a line each, after a header."""
        return self.lines(_path(store, f"export?history={str(history).lower()}"))

    def explore(self, asked: Exploration) -> Rows:
        """What a statement of one's own finds, which names a store."""
        store = asked.store or "default"
        body = {"statement": asked.statement, "parameters": dict(asked.parameters), "limit": asked.limit}
        return self._ask("POST", _path(store, "cypher"), lambda said: _rows(store, said), body)

    def _steps(self, answer: requests.Response, lines: Iterator[tuple[str, Said]]) -> Iterator[Step]:
        try:
            yield from self._told(lines)
        except (KeyError, TypeError) as fault:
            raise self._strange(answer) from fault

    def _told(self, lines: Iterator[tuple[str, Said]]) -> Iterator[Step]:
        from iamgraph.bulk.imports import Rejected, Step  # noqa: PLC0415 - only where a file is sent

        rejects: list[Rejected] = []
        for name, said in lines:
            match name:
                case "rejected":
                    rejects.append(Rejected(said["line"], said["code"], said["reason"], said["text"]))
                case "progress":
                    yield Step(**said, rejects=tuple(rejects))
                    rejects.clear()
                case "outcome":
                    said.pop("id")
                    yield Step(**said)
                    return
                case "problem":
                    raise _problem(said["status"], said, "")
        raise self._broken()

    def _lines(self, answer: requests.Response) -> Iterator[tuple[str, Said]]:
        """The lines of an answer that goes on: each says what it is."""
        try:
            for line in answer.iter_lines():
                ((name, said),) = json.loads(line).items()
                yield name, said
        except requests.RequestException as fault:
            raise self._broken() from fault
        except (AttributeError, TypeError, ValueError) as fault:
            raise self._strange(answer) from fault

    def _broken(self) -> StoreError:
        return StoreError(
            f"`{self._url}` broke off its answer: run the same import again, it goes on where it was",
            code="service_unavailable",
        )

    # --- models and stores ---

    def write_model(
        self,
        store: str,
        text: str,
        by: str | None = None,
        reason: str | None = None,
        idempotency_key: str | None = None,
        *,
        replacing: str | None = None,
    ) -> StoredModel:
        """Make a model the store's current one."""
        body = {"text": text, "by": by, "reason": reason, "idempotency_key": idempotency_key}
        body |= {"replacing": replacing} if replacing is not None else {}
        return self._ask("POST", _path(store, "models"), partial(_model, store), body)

    def get_model(self, store: str, id_: str | None = None) -> StoredModel:
        """A model of the store; without an id the current one."""
        return self._ask("GET", _path(store, f"models/{quote(id_ or 'current', safe='')}"), partial(_model, store))

    def list_models(self, store: str) -> tuple[StoredModel, ...]:
        """The models of a store."""
        return self._ask(
            "GET", _path(store, "models"), lambda said: tuple(_model(store, one) for one in said["models"])
        )

    def create_store(self, store: str) -> StoreInfo:
        """A new empty store."""
        return self._ask("POST", "/v1/stores", _store, {"id": store})

    def get_store(self, store: str) -> StoreInfo:
        """The state of a store."""
        return self._ask("GET", _path(store), _store)

    def list_stores(self) -> tuple[StoreInfo, ...]:
        """All stores."""
        return self._ask("GET", "/v1/stores", lambda said: tuple(map(_store, said["stores"])))

    def delete_store(self, store: str) -> None:
        """End a store."""
        self._ask("DELETE", _path(store), lambda _: None)

    # --- keys ---

    def create_key(
        self, name: str, *, scopes: Collection[Scope], stores: Collection[str], expires_at: datetime | None
    ) -> tuple[StoredKey, str]:
        """A new key, and its secret."""
        body = {
            "name": name,
            "scopes": sorted(one.value for one in scopes),
            "stores": sorted(stores),
            "expires_at": of_time(expires_at),
            "never_expires": expires_at is None,
        }
        return self._ask("POST", "/v1/keys", lambda said: (_key(said), str(said["secret"])), body)

    def list_keys(self) -> tuple[StoredKey, ...]:
        """The keys that may be seen."""
        return self._ask("GET", "/v1/keys", lambda said: tuple(map(_key, said["keys"])))

    def revoke_key(self, id_: str) -> None:
        """End a key."""
        self._ask("DELETE", f"/v1/keys/{quote(id_, safe='')}", lambda _: None)

    # --- workspaces ---

    def tell(
        self, method: str, path: str, *, json: Said | None = None, data: bytes | None = None, type_: str = ""
    ) -> Any:
        """What a route of the access model answers, as it is; None where it says nothing."""
        given: dict[str, Any] = {"json": json} if data is None else {"data": data, "headers": {"Content-Type": type_}}
        answer = self._sent(method, path, **given)
        return self._answer(answer, lambda said: said or None, "")

    def lines(self, path: str) -> Iterator[str]:
        """The lines of an answer of text."""
        answer = self._sent("GET", path, IMPORT_TIMEOUT_SECONDS, stream=True)
        if not answer.ok:
            self._answer(answer, lambda said: said, "")
        try:
            for line in answer.iter_lines():
                yield line.decode() + "\n"
        except requests.RequestException as fault:
            raise StoreError(f"`{self._url}` broke off its answer", code="service_unavailable") from fault

    # --- HTTP ---

    def _ask(self, method: str, path: str, read: Callable[[Any], T], body: Said | None = None, text: str = "") -> T:
        """What is read out of the answer; the problem it tells is raised."""
        given = None if body is None else {name: value for name, value in body.items() if value is not None}
        answer = self._sent(method, path, json=given)
        return self._answer(answer, read, text or (body or {}).get("text", ""))

    def _answer(self, answer: requests.Response, read: Callable[[Any], T], text: str) -> T:
        try:
            said = answer.json() if answer.content else {}
            if answer.ok:
                return read(said)
            problem = _problem(answer.status_code, said, text)
        except (KeyError, TypeError, ValueError, AttributeError, IamgraphError) as fault:
            raise self._strange(answer) from fault
        raise problem

    def _strange(self, answer: requests.Response) -> StoreError:
        return StoreError(
            f"`{self._url}` does not answer as iamgraph does: status {answer.status_code}", code="not_iamgraph"
        )

    def _sent(
        self, method: str, path: str, timeout: tuple[float, float] = TIMEOUT_SECONDS, **given: Any
    ) -> requests.Response:
        try:
            return self._session.request(method, self._url + path, timeout=timeout, allow_redirects=False, **given)
        except requests.Timeout as fault:
            raise StoreError(
                f"`{self._url}` did not answer in time: a change may have been made or not", code="deadline_exceeded"
            ) from fault
        except requests.RequestException as fault:
            if isinstance(fault, ValueError):
                raise RequestError(f"malformed URL `{self._url}`: expected `http://…`", code="malformed_url") from fault
            raise StoreError(f"no service answers at `{self._url}`", code="service_unavailable") from fault


def _rows(store: str, said: Said) -> Rows:
    revision = _revision(store, said) if "zookie" in said else None
    values = tuple(tuple(map(of_json, one)) for one in said["rows"])
    return Rows(tuple(said["columns"]), values, said["truncated"], revision)


def _signature(key: str | None) -> Callable[[requests.PreparedRequest], requests.PreparedRequest]:
    def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
        if key is not None:
            request.headers["Authorization"] = f"Bearer {key}"
        return request

    return sign


def _path(store: str, rest: str | None = None) -> str:
    path = f"/v1/stores/{quote(store, safe='')}"
    return path if rest is None else f"{path}/{rest}"


# --- problems ---


def _problem(status: int, said: Said, text: str) -> IamgraphError:
    """The error a problem document tells of; `text` is the model that was sent, if one was."""
    message, code = _line(said["detail"]), said["code"]
    faults = [one for one in said.get("errors", ()) if "line" in one]
    if faults:
        return ModelTextError(_fault(one, text.split("\n")) for one in faults)
    if any("place" in one for one in said.get("errors", ())):
        from iamgraph.access import faults as files  # noqa: PLC0415 - only where a file is faulty

        wrong = [files.Fault(_line(one["place"]), one["code"], _line(one["detail"])) for one in said["errors"]]
        return files.FaultyFileError.told(message, code, wrong)
    if code in LIMIT_CODES:
        return LimitError(message, code=code)
    kind = CLASS_OF_STATUS.get(status, RequestError if status < 500 else StoreError)
    return kind(message, code=code, pointer=said.get("pointer"))


def _fault(said: Said, lines: list[str]) -> Fault:
    return Fault(said["line"], said["column"], _line(said["detail"]), _line(lines[said["line"] - 1].rstrip("\r")))


def _line(text: str) -> str:
    """Fit to be printed, character by character, so that columns stay."""
    return "".join(c if c.isprintable() else " " for c in text)


# --- JSON as values ---


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _question(question: CheckQuestion) -> Said:
    return {
        "subject": str(question.subject),
        "relation": question.relation,
        "object": str(question.object),
        "explain": question.explain,
        "context": json.loads(question.context) if question.context is not None else None,
        "contextual_tuples": [of_tuple(one) for one in question.contextual_tuples],
    }


def _moment(name: str, at: Moment) -> Said:
    return {f"{name}_time": of_time(at)} if isinstance(at, datetime) else {f"{name}_revision": at}


def _then(at: Moment | None) -> Said:
    return {} if at is None else _moment("at", at)


def _scoped(scoped: Scoped) -> Said:
    return {
        "subject": str(scoped.subject) if scoped.subject is not None else None,
        "object": str(scoped.object) if scoped.object is not None else None,
        "relations": sorted(scoped.relations),
        "types": sorted(scoped.types),
    }


def _impact(store: str, said: Said) -> Impact:
    from iamgraph.impact import Impact, Shift  # noqa: PLC0415 - only where it is asked

    shifts = tuple(
        Shift(
            parse_subject(one["subject"]),
            one["relation"],
            parse_object(one["object"]),
            Outcome(one["before"]),
            Outcome(one["after"]),
        )
        for one in said["shifts"]
    )
    return Impact(_revision(store, said), shifts, said["tried"])


def _filter(wanted: TupleFilter) -> Said:
    object_ = None
    if wanted.object_type is not None:
        whole = f"{wanted.object_type}:"
        object_ = whole if wanted.object_id is None else str(Object(wanted.object_type, wanted.object_id))
    subject = str(wanted.subject) if wanted.subject is not None else None
    if wanted.subject_type is not None:
        subject = f"{wanted.subject_type}:"
    return {"object": object_, "relation": wanted.relation, "subject": subject}


def _revision(store: str, said: Said) -> Revision:
    return ToldRevision(store, "", said.get("revision", 0), said["zookie"])


def _deletion(store: str, said: Said) -> Deletion:
    return Deletion(_revision(store, said), said["deleted"], tuple(map(_stored, said.get("tuples", ()))))


def _tuple(said: Said) -> RelationTuple:
    use = said.get("condition")
    condition = None if use is None else ConditionUse(use["name"], json.dumps(use.get("context", {}), sort_keys=True))
    return RelationTuple(
        parse_object(said["object"]),
        said["relation"],
        parse_subject(said["subject"]),
        _time(said.get("expires_at")),
        condition,
    )


def _stored(said: Said) -> StoredTuple:
    at = datetime.fromisoformat(said["at"])
    return StoredTuple(_tuple(said), said["since"], at, said.get("by"), said.get("reason"))


def _decision(store: str, said: Said) -> Decision:
    outcome = {True: Outcome.ALLOWED, False: Outcome.DENIED}[said["allowed"]]
    path = tuple(map(_stored, said["path"])) if "path" in said else None
    return Decision(outcome, _revision(store, said), path)


def _objects(store: str, said: Said) -> Page[Object]:
    return Page(tuple(map(parse_object, said["objects"])), said.get("next_cursor"), _revision(store, said))


def _subjects(store: str, said: Said) -> SubjectsPage:
    return SubjectsPage(
        tuple(map(parse_subject, said["subjects"])),
        tuple(map(parse_subject, said.get("except", ()))),
        said.get("wildcard", False),
        said.get("next_cursor"),
        _revision(store, said),
    )


def _access(store: str, said: Said) -> AccessList:
    found = (
        Access(one["type"], one["relation"], tuple(map(parse_object, one["objects"])), one["more"])
        for one in said["access"]
    )
    return AccessList(tuple(found), _revision(store, said))


def _tree(store: str, said: Said) -> Tree:
    return Tree(_node(said["tree"]), said["truncated"], _revision(store, said))


def _node(said: Said) -> Node:
    userset = parse_subject(said["userset"]) if "userset" in said else None
    assert userset is None or isinstance(userset, Userset)
    return Node(
        NodeKind(said["kind"]),
        userset,
        tuple(map(parse_subject, said.get("subjects", ()))),
        tuple(map(parse_subject, said.get("conditional", ()))),
        tuple(map(_node, said.get("children", ()))),
        said.get("repeated", False),
        said.get("truncated", False),
    )


def _why(store: str, said: Said) -> Why:
    return Why(
        said["allowed"],
        _revision(store, said),
        said["sentence"],
        tuple(_proof(one) for one in said["proofs"]),
        tuple(
            Branch(parse_object(one["object"]), one["rewrite"], one["stopped"], tuple(map(_stored, one["path"])))
            for one in said["branches"]
        ),
        tuple(
            Remedy(tuple(map(parse_tuple, one["writes"])), one["sentence"], one.get("command", ""))
            for one in said["changes"]
        ),
        said["complete"],
        said["more"],
    )


def _proof(said: Said) -> Proof:
    found = tuple(NotFound(parse_object(one["object"]), one["rewrite"]) for one in said["absent"])
    return Proof(tuple(map(_stored, said["path"])), found, said["sentence"])


def _page(store: str, said: Said) -> Page[StoredTuple]:
    return Page(tuple(map(_stored, said["tuples"])), said.get("next_cursor"), _revision(store, said))


def _change(said: Said) -> Change:
    return Change(
        said["revision"],
        datetime.fromisoformat(said["at"]),
        said.get("by"),
        said.get("reason"),
        tuple(map(_tuple, said["writes"])),
        tuple(map(_tuple, said["deletes"])),
        said.get("model"),
    )


def _changes(store: str, said: Said) -> ChangePage:
    revision = ToldRevision(store, "", 0, said["cursor"])
    return ChangePage(tuple(map(_change, said["changes"])), revision, said["more"])


def _model(store: str, said: Said) -> StoredModel:
    return StoredModel(
        said["id"], said["text"], said["hash"], _revision(store, said), datetime.fromisoformat(said["at"])
    )


def _store(said: Said) -> StoreInfo:
    return StoreInfo(_revision(said["id"], said), said.get("model"))


def _key(said: Said) -> StoredKey:
    return StoredKey(
        id=said["id"],
        name=said["name"],
        hash="",  # which no service tells
        scopes=frozenset(map(Scope, said["scopes"])),
        stores=frozenset(said["stores"]),
        at=datetime.fromisoformat(said["at"]),
        by=said.get("by"),
        expires_at=_time(said.get("expires_at")),
        revoked_at=_time(said.get("revoked_at")),
        last_used_at=_time(said.get("last_used_at")),
    )
