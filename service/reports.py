"""The routes of reviews and reports, and their JSON; as CSV, and as a page to print."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

from flask import Response
from flask_openapi3 import APIBlueprint
from pydantic import Field

from iamgraph.access import reports
from iamgraph.printing import Report, as_csv, as_html, as_json, page_policy
from iamgraph.review import ReviewQuestion, review_report
from iamgraph.service import access_wire, answers, wire
from iamgraph.service.doors import access, authorizer, caller
from iamgraph.tuples import check_relation, check_type, parse_object

_FORMAT: Final = "as what; `html` is a page to print"

routes = APIBlueprint("reports", __name__, url_prefix="/v1", abp_responses=answers.PROBLEMS)


class ReportAnswer(answers.Answer):
    """A table with what it is. Each row has every column; what is not known is null."""

    name: str
    title: str
    about: str
    store: str
    revision: int
    zookie: str
    at: datetime
    by: str = Field(description="who asked")
    columns: list[str]
    rows: list[dict[str, str | int | bool | None]]
    next_cursor: str | None = Field(None, description="of a review: gives the next page; there is none after the last")


class ReviewQuery(wire.Body):
    """As what a review is told, and whether all of it at once."""

    format: Literal["json", "csv", "html"] = Field("json", description=f"{_FORMAT}; but `json`, whole")
    whole: bool = Field(False, strict=False, description="all of it, at one revision")


class ReviewBody(wire.Body, json_schema_extra=wire.example(object="source:orders", relations=["can_view"], limit=10)):
    """Who has which relation on `object`?"""

    object: str = Field(description="on what: `type:id`")
    relations: list[str] = Field(default=[], description="which relations; all where there are none")
    types: list[str] = Field(default=[], description="subjects of these types; of all where there are none")
    one_path: bool = Field(False, description="those alone who have it in one way only")
    limit: int = Field(100, description="how many at most, 1 to 1,000")
    cursor: str | None = Field(None, description="the `next_cursor` of the page before")

    def to_question(self, store: str, *, whole: bool) -> ReviewQuestion:
        """The review asked for."""
        object_ = wire.at("/object", lambda: parse_object(self.object))
        relations = wire.at("/relations", lambda: frozenset(map(check_relation, self.relations)))
        types = wire.at("/types", lambda: frozenset(map(check_type, self.types)))
        return ReviewQuestion(
            store,
            object_,
            relations,
            types,
            one_path=self.one_path,
            limit=self.limit,
            cursor=self.cursor,
            whole=whole,
        )


class ReportPath(access_wire.WorkspacePath):
    """A report of a workspace."""

    name: str = Field(description=f"one of {', '.join(reports.NAMES)}")


class ReportQuery(access_wire.Query):
    """What a report is asked with, and as what it is told."""

    format: Literal["json", "csv", "html"] = Field("json", description=_FORMAT)
    object: str | None = Field(None, description="of `review` and `one-path`: what in the workspace, `type:id`")
    relation: str | None = Field(None, description="of the same: this relation alone")
    over: str | None = Field(None, description="of `wide-labels`: more than this number, or share as `50%`")

    def given(self) -> dict[str, str]:
        """What is said of the report."""
        said = {"object": self.object, "relation": self.relation, "over": self.over}
        return {name: value for name, value in said.items() if value is not None}


@routes.post("/stores/<store>/review", responses={200: ReportAnswer})
def review(path: wire.StorePath, query: ReviewQuery, body: ReviewBody) -> Response:
    """Who has which relation on an object, through what, since when, and given by whom: exactly as checks answer."""
    asked = body.to_question(path.store, whole=query.whole or query.format != "json")
    page = authorizer().review(asked)
    report = review_report(page, caller().name, one_path=asked.one_path)
    return _told(report, query.format, page.next_cursor)


@routes.get("/workspaces/<workspace>/reports/<name>", responses={200: ReportAnswer})
def read_report(path: ReportPath, query: ReportQuery) -> Response:
    """A report of a workspace, at one revision; for its owners."""
    return _told(reports.named(access().reports(path.workspace), path.name, query.given()), query.format)


def _told(report: Report, format_: str, cursor: str | None = None) -> Response:
    # The report is there in whole by now, true of one revision; only a CSV's text is made as it is sent.
    match format_:
        case "csv":
            return Response(as_csv(report), content_type="text/csv; charset=utf-8")
        case "html":
            page = Response(as_html(report), content_type="text/html; charset=utf-8")
            page.headers["Content-Security-Policy"] = f"{page_policy()}; frame-ancestors 'none'; sandbox"
            page.headers["Referrer-Policy"] = "no-referrer"
            return page
        case _:
            return Response(as_json(report, cursor), content_type="application/json")
