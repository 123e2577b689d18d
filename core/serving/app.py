"""The addresses of the server, and what each of them does."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import QueryParams, UploadFile
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

from core.errors import Problem, unknown
from core.inference.pictures import Pictures, ReadAs
from core.locale import _
from core.serving.body import MAX_FILES, NAME, Body, Room
from core.serving.description import OPTIONS, facts, openapi
from core.serving.guard import Guard
from core.serving.page import ASSETS, FILES, page
from core.serving.refusal import Refused, as_json, status_of, unexpected
from core.serving.service import Service

YES, NO = ("", "1", "true", "yes", "on"), ("0", "false", "no", "off")


def app_of(service: Service, host: str, others: Iterable[str] = ()) -> Starlette:
    """The server's app: it answers under `host` and the `others` names."""
    document, room = openapi(service), Room()

    async def about(request: Request) -> Response:
        return await docs(request) if "text/html" in request.headers.get("accept", "") else as_json(said_to(request))

    async def docs(request: Request) -> Response:
        return HTMLResponse(page(said_to(request), document).encode(errors="replace"))

    def said_to(request: Request) -> dict[str, Any]:
        return facts(service, str(request.base_url).rstrip("/"))

    async def described(_request: Request) -> Response:
        return as_json(document)

    async def predict(request: Request) -> Response:
        body = Body(request)
        try:
            pictures = await asyncio.to_thread(service.pictures.read_otherwise, wish(request.query_params))
            async with room.of(body.claimed):
                return await answered(body, service, pictures)
        except ClientDisconnect:
            raise
        except Problem as problem:
            await body.drain()
            return as_json({"error": str(problem)}, status_of(problem, 400), last=not body.ended)
        except Exception as error:
            await body.drain()
            return as_json({"error": unexpected(error)}, 500, last=True)

    routes = [
        Route("/", about),
        Route("/docs", docs),
        Route("/openapi.json", described),
        Route("/predict", predict, methods=["POST"]),
        *(Route(f"/{name}", partial(asset, name, kind)) for name, kind in ASSETS.items()),
    ]
    guard = Middleware(Guard, host=host, others=tuple(others))
    return Starlette(routes=routes, middleware=[guard], exception_handlers={HTTPException: not_there})


async def answered(body: Body, service: Service, pictures: Pictures) -> Response:
    """The answer to the picture that is the body, or to each of those in a form."""
    request = Request(body.request.scope, body.receive)
    if not body.of_files:
        content = await request.body()
        status, answer = await service.answer(content, NAME, pictures)
        return as_json(answer, status)
    try:
        form = await request.form(max_files=MAX_FILES, max_fields=MAX_FILES)
    except HTTPException as error:  # of Starlette, in words for programmers
        if "Too many files" in str(error.detail):
            raise Refused("There are more than {most} images in the request. Send fewer at a time.", 413,
                          most=MAX_FILES) from error  # fmt: skip
        raise Refused("The form cannot be read. With curl, each image is a -F name=@FILE.", 400) from error
    try:
        given = form.multi_items()
        files = [(one.filename or name, one.file) for name, one in given if isinstance(one, UploadFile)]
        if len(files) < len(given):
            field = next(name for name, one in given if isinstance(one, str))
            raise Refused("{field:name} is text, and not an image. With curl, an image is -F name=@FILE.", 400,
                          field=field[:100])  # fmt: skip
        if not files:
            raise Refused("There is no image in the form. With curl, each image is a -F name=@FILE.", 400)
        found = await asyncio.gather(*(service.answer(file, name, pictures) for name, file in files))
    finally:
        await request.close()
    status = 200 if any(one == 200 for one, _answer in found) else found[0][0]
    answers = [answer | ({"status": one} if one != 200 else {}) for one, answer in found]
    return as_json({"answers": answers}, status)


def wish(asked: QueryParams) -> ReadAs:
    """How the pictures are to be read, by the options in the address. `BadInput` for any other."""
    wanted = ReadAs()
    for name, value in asked.multi_items():
        if name not in OPTIONS:
            raise unknown("option", name, list(OPTIONS))
        if value.lower() not in (*YES, *NO):
            raise Refused("{option} is {value:name}; allowed: true or false", 400, option=name, value=value[:100])
        if value.lower() in YES:
            on = {field: True for field, asked_for in vars(OPTIONS[name][0]).items() if asked_for is True}
            wanted = replace(wanted, **on)  # type: ignore[arg-type]
    if wanted.drawing and wanted.image:
        raise Refused("Ask for one of the two: drawing or image.", 400)
    return replace(wanted, one_sign_by="?one-sign")


async def asset(name: str, kind: str, _request: Request) -> Response:
    return FileResponse(FILES / name, media_type=kind)


async def not_there(request: Request, error: Exception) -> Response:
    """What has no address here, or is asked for in another way."""
    assert isinstance(error, HTTPException)
    words = _("This is not answered here. Images are sent to /predict with POST; what there is stands at /docs.")
    answer = as_json({"error": words}, error.status_code, last=True)
    answer.headers.update(error.headers or {})  # which methods there are
    return answer
