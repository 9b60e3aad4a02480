"""
What Schemathesis cannot make up by itself: who is asking, and names of things that exist. Loaded by bench/schemathesis.ts,
which gives the address where identities are had. Requests that are meant to be wrong keep what is wrong with them.
"""

import json
import os
import random
import urllib.parse
import urllib.request

import schemathesis
from schemathesis.generation import GenerationMode

ADDRESS = os.environ["REELBENCH_IDENTITIES"]
# After these the account is gone or has another password: theirs is an account that nobody else uses.
ENDING = {"DELETE /v1/me", "PUT /v1/me/password"}
# One request in so many keeps the name that was made up, so that refusals are seen, too.
MADE_UP = 3
PRESENT = {"itemId": "film-001", "userId": "user-01", "version": "v1"}
dice = random.Random(1)


def identity(operation):
    parameters = {parameter.name for parameter in operation.path_parameters}
    need = [("need", name) for name in ("accountId", "sessionId", "keyId") if name in parameters]
    if operation.label in ENDING:
        need.append(("need", "account"))
    with urllib.request.urlopen(f"{ADDRESS}?{urllib.parse.urlencode(need)}", timeout=60) as answer:
        return json.load(answer)


@schemathesis.auth(refresh_interval=None)
class OwnSession:
    def get(self, case, context):
        return identity(context.operation)

    def set(self, case, data, context):
        case.headers = case.headers or {}
        case.headers["Authorization"] = f"Bearer {data['token']}"
        if case.meta is None or case.meta.generation.mode != GenerationMode.POSITIVE or dice.randrange(MADE_UP) == 0:
            return
        name_what_exists(case, data)


def name_what_exists(case, data):
    known = {**PRESENT, **{name: value for name, value in data["named"].items() if value is not None}}
    for name in set(case.path_parameters or {}) & set(known):
        case.path_parameters[name] = known[name]
    if not isinstance(case.body, dict):
        return
    for field in ("password", "currentPassword"):
        if field in case.body and case.operation.label in ENDING:
            case.body[field] = data["password"]
    if case.operation.label == "POST /v1/recommendations":
        for rating in case.body.get("ratings") or []:
            rating["itemId"] = PRESENT["itemId"]
            rating["rating"] = 4
        del case.body["ratings"][1:]


@schemathesis.hook
def before_call(context, case, kwargs):
    # The one operation with credentials in its body and none in its head.
    if case.operation.label != "POST /v1/sessions" or not isinstance(case.body, dict):
        return
    if case.meta is None or case.meta.generation.mode != GenerationMode.POSITIVE or dice.randrange(MADE_UP) == 0:
        return
    found = identity(case.operation)
    case.body = {"email": found["email"], "password": found["password"]}
