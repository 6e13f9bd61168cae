"""The SMS gateway: takes JSON {to, text, id} with a bearer token, and each key once."""

import json
from collections.abc import Mapping
from hmac import compare_digest
from http import HTTPStatus

from deploy.local.post.http import Answer, Request
from deploy.local.post.telephone import Telephone

PATH = "/messages"


class Gateway:
    """What is said to a client, and where its message goes."""

    def __init__(self, telephone: Telephone, token: str, answers: Mapping[str, int]) -> None:
        """Keep messages in `telephone`; `answers` are statuses for numbers that are not served."""
        self.telephone, self.token, self.answers = telephone, token, answers

    def __call__(self, request: Request) -> Answer:
        """Answer one request: 201 where the message is new, 200 where its key is known."""
        bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not compare_digest(bearer.encode(), self.token.encode()):
            return told(HTTPStatus.UNAUTHORIZED, "wrong token")
        if (request.method, request.path) != ("POST", PATH):
            return told(HTTPStatus.NOT_FOUND, f"POST {PATH}")
        key = request.headers.get("Idempotency-Key", "")
        try:
            body = json.loads(request.body)
            to, text, message_id = (str(body[name]) for name in ("to", "text", "id"))
        except (ValueError, KeyError, TypeError):
            return told(HTTPStatus.BAD_REQUEST, "JSON {to, text, id}")
        if not (key and to and text):
            return told(HTTPStatus.BAD_REQUEST, "Idempotency-Key, to and text must not be empty")
        if to in self.answers:
            return told(self.answers[to], "cannot deliver to this number")
        new = self.telephone.add(key, to, text, message_id)
        return told(HTTPStatus.CREATED if new else HTTPStatus.OK, "kept")


def told(status: int, message: str) -> Answer:
    """Return an answer in JSON."""
    return Answer(status, json.dumps({"message": message}).encode(), "application/json")
