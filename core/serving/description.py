"""What the server says of itself: the model, and how it is asked, for people and (OpenAPI 3.1) for programs."""

from typing import Any

from pydantic import TypeAdapter

from core import __version__, formatting
from core.inference.answer import Answer
from core.inference.photo import MAX_FILE_BYTES
from core.inference.pictures import ReadAs
from core.locale import N_, _, translate
from core.runs.naming import data_title, model_title
from core.sandbox.image_formats import READ_HERE
from core.sanitize import one_line
from core.serving.body import MAX_BODY_BYTES, MAX_FILES
from core.serving.service import Service
from core.training.checkpoint import LAST

# The options of `predict`, as they are asked for in the address, and the wish that each is.
OPTIONS = {
    "drawing": (ReadAs(drawing=True), N_("The files are drawings or scans of one sign each.")),
    "image": (ReadAs(image=True), N_("The files are no drawings. Without either, a model of drawings takes files of "
                                     "another size than its training images for drawings.")),
    "as-is": (ReadAs(as_is=True), N_("Light and dark stay as they are where the ground is the opposite of the training "
                                     "images'.")),
    "one-sign": (ReadAs(one_sign=True), N_("What stands apart in a drawing is one sign, not several.")),
}  # fmt: skip
REFUSALS = {
    400: N_("The request cannot be read, or asks for something that there is not."),
    403: N_("The address is not one that this server answers to, or a page of another site asked."),
    408: N_("The request came too slowly."),
    413: N_("The request is too large."),
    422: N_("The image is not answered: it cannot be read, or it is not one that the model can be shown. Of several "
            "images, none was."),
    500: N_("There is no answer for a reason that is not the request's."),
    503: N_("The computer is too busy. Ask again later."),
}  # fmt: skip


def curl(address: str) -> str:
    """A line for a shell that asks about `picture.png`."""
    return f"curl --data-binary @picture.png {address}/predict"


def facts(service: Service, address: str) -> dict[str, Any]:
    """The model, and how it is asked at an address."""
    run, answerer = service.run, service.answerer
    scores = run.summary or {}
    correct, total = scores.get("test_correct", 0), scores.get("test_total", 0)
    height, width = answerer.spec.size
    measured = total and service.which == LAST
    return {
        "name": run.name,
        "run": run.id,
        "checkpoint": service.which,
        "model": model_title(run.config),
        "data": data_title(run.config),
        "classes": list(answerer.classes),
        "input": {"height": height, "width": width, "channels": answerer.spec.channels,
                  "drawings": service.pictures.of_drawings},
        "test": {"accuracy": correct / total, "correct": correct, "total": total} if measured else None,
        "accepted_from": answerer.confidence.threshold,
        "limits": {"file_bytes": MAX_FILE_BYTES, "files": MAX_FILES, "body_bytes": MAX_BODY_BYTES},
        "ask": curl(address),
        "documentation": f"{address}/docs",
        "openapi": f"{address}/openapi.json",
    }  # fmt: skip


def facts_in_words(said: dict[str, Any]) -> list[tuple[str, str]]:
    """Rows of a table: what, and what it is."""
    seen, test = said["input"], said["test"]
    values = {"height": seen["height"], "width": seen["width"]}
    if seen["channels"] == 1:
        shown = _("Any size; it sees {height:count} × {width:count} pixels in grey.", **values)
    else:
        shown = _("Any size; it sees {height:count} × {width:count} pixels in colour.", **values)
    if seen["drawings"]:
        shown += " " + _("Drawings are drawn again as its training images are.")
    accuracy = _("not measured")
    if test:
        accuracy = _("{share:percent} ({right} test images)", share=test["accuracy"],
                     right=formatting.of(test["correct"], test["total"]))  # fmt: skip
    rows = [
        (_("Model"), said["model"]),
        (_("Data set"), said["data"]),
        (_("Classes"), ", ".join(map(one_line, said["classes"]))),
        (_("Images"), shown),
        (_("Test accuracy"), accuracy),
    ]
    if said["accepted_from"]:
        words = _("An answer counts from {least:percent} on; below it is none of these.", least=said["accepted_from"])
        rows.append((_("Confidence"), words))
    return rows


def openapi(service: Service) -> dict[str, Any]:
    """The OpenAPI document."""
    answer = TypeAdapter(Answer).json_schema()
    answer.pop("description", None)
    for field in answer["properties"].values():
        field["description"] = translate(field["description"])
    error = {
        "type": "object",
        "required": ["error"],
        "properties": {
            "file": {"type": "string", "description": _("the file's name, where it is about one")},
            "error": {"type": "string", "description": _("what is wrong and what to do, in a sentence")},
            "status": {"type": "integer", "description": _("of one of several files: the status it would have alone")},
        },
    }
    one, refused = ({"$ref": f"#/components/schemas/{name}"} for name in ("Answer", "Error"))
    answers = {
        "type": "object",
        "required": ["answers"],
        "properties": {"answers": {"type": "array", "items": {"oneOf": [one, refused]}}},
    }
    values = {"formats": ", ".join(READ_HERE), "size": MAX_FILE_BYTES >> 20, "files": MAX_FILES,
              "all": MAX_BODY_BYTES >> 20}  # fmt: skip
    binary = {"type": "string", "format": "binary"}
    files = {"type": "object", "properties": {"files": {"type": "array", "maxItems": MAX_FILES, "items": binary}}}
    predict = {
        "operationId": "predict",
        "summary": _("Answer images"),
        "description": _(
            "The body is an image ({formats}; up to {size} MB), or a multipart form with up to {files} of them, "
            "together up to {all} MB, under any names. One image as the body is answered by one object, a form by "
            "{answers}: an object for each of its images, in its order. An image that is refused has an error "
            "there, and does not refuse the others.",
            answers='{"answers": […]}',
            **values,
        ),
        "parameters": [
            {"name": name, "in": "query", "description": translate(words), "allowEmptyValue": True,
             "schema": {"type": "boolean", "default": False}}
            for name, (_wish, words) in OPTIONS.items()
        ],
        "requestBody": {"required": True, "content": {
            "application/octet-stream": {"schema": binary}, "multipart/form-data": {"schema": files}}},
        "responses": {
            "200": {"description": _("The answer, or the answers."), "content": {"application/json": {
                "schema": {"oneOf": [one, {"$ref": "#/components/schemas/Answers"}]}}}},
            **{str(status): {"description": translate(words), "content": {"application/json": {"schema": refused}}}
               for status, words in REFUSALS.items()},
        },
    }  # fmt: skip
    about = {
        "operationId": "about",
        "summary": _("Say what the model is"),
        "responses": {"200": {"description": _("Its classes, its input, its test accuracy, and how it is asked."),
                              "content": {"application/json": {"schema": {"type": "object"}}}}},
    }  # fmt: skip
    return {
        "openapi": "3.1.0",
        "info": {"title": service.run.name, "version": __version__},
        "paths": {"/predict": {"post": predict}, "/": {"get": about}},
        "components": {"schemas": {"Answer": answer, "Error": error, "Answers": answers}},
    }
