"""The door that the command line is: each verb of the access model as the command somebody would type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from iamgraph.errors import RequestError
from tests.access.organisation import Made
from tests.access.over_http import Secrets
from tests.access.python import idle_session
from tests.cli.runner import Cli, Ran

Words = list[str]


def _grants(said: Mapping[str, Any]) -> Words:
    return [word for one in said["grants"] for word in ("--grant", _grant(*one))] if "grants" in said else []


def _grant(role: str, resources: list[str], labels: list[str]) -> str:
    return role + (f"@{','.join(resources)}" if resources else "") + "".join(f"+{one}" for one in labels)


# The words before the workspace, those after it, and the type of what is made.
COMMANDS: Final[Mapping[str, tuple[str, Callable[[Mapping[str, Any]], Words], str]]] = {
    "audit.page": ("audit list", lambda _: [], ""),
    "members.all": ("member list", lambda _: [], ""),
    "members.add": ("member add", lambda said: [said["email"], "--role", said.get("role", "member")], "member"),
    "members.remove": ("member remove", lambda said: [said["member"]], "member"),
    "groups.remove": ("group remove", lambda said: [said["group"], *said["members"]], "group"),
    "groups.delete": ("group delete", lambda said: [said["group"]], "group"),
    "labels.create": ("label create", lambda said: [said["text"]], "label"),
    "labels.attach": ("label attach", lambda said: [said["resource"], *said["labels"]], ""),
    "labels.detach": ("label detach", lambda said: [said["resource"], *said["labels"]], ""),
    "labels.delete": ("label delete", lambda said: [said["text"]], "label"),
    "resources.create": ("resource create", lambda said: [said["type_"], "--id", said["id_"]], ""),
    "resources.delete": ("resource delete", lambda said: [said["resource"]], ""),
    "resources.move": ("resource move", lambda said: [said["resource"], said["workspace"]], ""),
    "requests.create": ("request create", lambda said: [said["text"]], "access_request"),
    "requests.approve": ("request approve", lambda said: [said["request"], *_grants(said)], "access_request"),
    "policies.give": ("policy give", lambda said: [said["holder"], *_grants(said)], "member"),
    "invites.create": ("invite create", lambda said: [said["email"], *_grants(said)], "invite"),
    "invites.accept": ("invite accept", lambda _: ["--secret-file", "-"], "member"),
    "tokens.create": ("token create", lambda said: [said["description"], *_grants(said)], "token"),
    "tokens.revoke": ("token revoke", lambda said: [said["token"]], "token"),
}


@dataclass(frozen=True, slots=True)
class CliDoor:
    """The real command, in this process, on Neo4j itself or, where the environment names one, on a service."""

    cli: Cli
    store: str
    secrets: Secrets
    where: tuple[str, ...]
    """What names the store of workspaces: nothing where a service is asked."""

    def may(self, subject: str, relation: str, object_: str) -> bool:
        """The answer to a check."""
        words = ("check", subject, relation, object_, "--store", self.store, "--json")
        return bool(_told(self.cli.run(*words, IAMGRAPH_KEY=self.secrets.key)).json["allowed"])

    def lives(self, member: str, idle: timedelta) -> bool:
        """Whether a session that has been idle so long lives."""
        secret = idle_session(self.secrets.sessions, member, idle)
        said = ("session", "verify", "--secret-file", "-", *self.where, "--json")
        return bool(_told(self.cli.run(*said, given=secret, IAMGRAPH_KEY=self.secrets.key)).json["active"])

    def act(self, by: str | None, verb: str, workspace: str, arguments: Mapping[str, Any]) -> Made:
        """What becomes of a verb."""
        command, words, type_ = COMMANDS[verb]
        said = (*command.split(), workspace, *words(arguments), *self.where, "--json")
        ran = _told(self.cli.run(*said, given=arguments.get("secret"), IAMGRAPH_KEY=self.secrets.of(by)))
        if verb.partition(".")[2] in ("all", "page"):
            return Made()
        return Made(f"{type_}:{ran.json['id']}", ran.json.get("secret"))


def _told(ran: Ran) -> Ran:
    if ran.code:
        raise RequestError(ran.said["message"], code=ran.said["code"])
    return ran
