"""HTTP functions: what comes in, what goes out, and the durable client."""

# ruff: noqa: BLE001 - the SDK raises plain exceptions

import asyncio
import hashlib
import json
import time

import azure.durable_functions as df
import azure.functions as func
from activities import wait_at

http_functions = df.Blueprint()


def answer(value) -> func.HttpResponse:
    return func.HttpResponse(json.dumps(value), mimetype="application/json")


def seen(req: func.HttpRequest, name: str) -> func.HttpResponse:
    return answer(
        {
            "function": name,
            "method": req.method,
            "url": req.url,
            "params": dict(req.params),
            "route": dict(req.route_params),
            "headers": dict(req.headers),
            "length": len(req.get_body()),
            "sha256": hashlib.sha256(req.get_body()).hexdigest(),
        }
    )


@http_functions.route(route="things", methods=["GET", "POST", "HEAD"])
def things(req: func.HttpRequest) -> func.HttpResponse:
    return seen(req, "things")


@http_functions.route(route="things/{id:int}", methods=["GET"])
async def thing_by_number(req: func.HttpRequest) -> func.HttpResponse:
    await asyncio.sleep(0)
    return seen(req, "thing_by_number")


@http_functions.route(route="things/{name}", methods=["GET", "DELETE"])
def thing_by_name(req: func.HttpRequest) -> func.HttpResponse:
    return seen(req, "thing_by_name")


@http_functions.route(route="things/special", methods=["GET", "OPTIONS"])
def special_thing(req: func.HttpRequest) -> func.HttpResponse:
    return seen(req, "special_thing")


@http_functions.route(route="optional/{first}/{second?}")
def optional(req: func.HttpRequest) -> func.HttpResponse:
    return seen(req, "optional")


@http_functions.route(route="files/{*path}")
def files(req: func.HttpRequest) -> func.HttpResponse:
    return seen(req, "files")


@http_functions.route(route="{ignored:maxlength(0)?}", methods=["GET"])
def page(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("<p>page</p>", mimetype="text/html")


@http_functions.route(route="bytes", methods=["POST"])
def bytes_back(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse(req.get_body(), mimetype="application/octet-stream")


@http_functions.route(route="cookies")
def cookies(req: func.HttpRequest) -> func.HttpResponse:
    response = func.HttpResponse(b"", status_code=204, headers={"X-One": "1"})
    response.headers.add("Set-Cookie", "a=1; Path=/")
    response.headers.add("Set-Cookie", "b=2; Secure")
    return response


@http_functions.route(route="plain")
def plain(req: func.HttpRequest) -> str:
    return "plain text"


@http_functions.route(route="silent")
def silent(req: func.HttpRequest):
    return None


@http_functions.route(route="fails")
def fails(req: func.HttpRequest) -> func.HttpResponse:
    raise RuntimeError("secret detail")


@http_functions.route(route="fails-async")
async def fails_async(req: func.HttpRequest) -> func.HttpResponse:
    raise RuntimeError("secret detail")


@http_functions.route(route="slow/{seconds}")
def slow(req: func.HttpRequest) -> func.HttpResponse:
    time.sleep(float(req.route_params["seconds"]))
    return func.HttpResponse("slept")


@http_functions.route(route="held/{gate}")
def held_request(req: func.HttpRequest) -> func.HttpResponse:
    """Runs until the test opens the gate."""
    wait_at(req.route_params["gate"])
    return func.HttpResponse("open")


@http_functions.route(route="start/{name}/{id?}", methods=["POST"])
@http_functions.durable_client_input(client_name="client")
async def start(req: func.HttpRequest, client) -> func.HttpResponse:
    body = json.loads(req.get_body()) if req.get_body() else None
    version = req.params.get("version")
    try:
        instance = await client.start_new(
            req.route_params["name"], req.route_params.get("id"), body, version=version
        )
    except Exception as refused:
        return func.HttpResponse(str(refused), status_code=418)
    return client.create_check_status_response(req, instance)


@http_functions.route(route="client/{operation}/{id?}", methods=["POST"])
@http_functions.durable_client_input(client_name="client")
async def use_client(req: func.HttpRequest, client) -> func.HttpResponse:
    """Calls a method of the durable client and answers what it returned or raised."""
    asked = json.loads(req.get_body() or b"{}")
    ids = [req.route_params["id"]] if "id" in req.route_params else []
    try:
        result = await getattr(client, req.route_params["operation"])(*ids, **asked)
    except Exception as refused:
        return answer({"raised": str(refused)})
    if isinstance(result, list):
        return answer({"returned": [status.to_json() for status in result]})
    if hasattr(result, "instances_deleted"):
        return answer({"returned": result.instances_deleted})
    if not result:
        return answer({"returned": None, "found": False})
    return answer({"returned": result.to_json() if hasattr(result, "to_json") else result, "found": True})
