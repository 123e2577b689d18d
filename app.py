"""Home, and the server's `app`: which requests it answers, and what it does until the first page is asked for."""

import gc
import inspect
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import streamlit as st
from starlette.middleware import Middleware

from core.errors import Problem
from pages.components.assets_middleware import AssetsMiddleware
from pages.components.chart import plotly_route
from pages.components.exports_route import exports_route
from pages.components.image_route import image_route
from pages.components.security_middleware import HostOriginMiddleware

SWITCH_S = 0.0005  # seconds that a thread holds the interpreter while others wait


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    threading.Thread(target=get_ready, name="get-ready", daemon=True).start()
    yield


def get_ready() -> None:
    """Do what the first page would have to wait for, once the server listens."""
    gc.disable()  # what is imported stays: to look for garbage among it takes a fifth of the time
    usual = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_S)  # the server, which answers a browser meanwhile, gets its turn at once
    try:
        from core.recipes import RECIPES
        from core.settings import registry
        from pages.components.frame import current_lab
        from pages.home.home_page import MAX_RUNS_LOOKED_AT
        from pages.home.recipe_cards import images_of, source_of

        registry.problems()  # imports every entry
        with suppress(Problem):  # the page says what is wrong
            lab = current_lab()
            lab.runs(MAX_RUNS_LOOKED_AT, ["finished"])
            for recipe in RECIPES:
                images_of(source_of(recipe, lab), lab)
        inspect.stack()  # Streamlit asks for it with its first element; it keeps what it finds out about each module
    finally:
        gc.enable()
        sys.setswitchinterval(usual)


if __name__ == "__main__":  # as a page; the server imports this file for `app`
    from pages.home.home_page import home_page

    home_page()
else:
    routes = [plotly_route(), image_route(), exports_route()]
    middleware = [Middleware(HostOriginMiddleware), Middleware(AssetsMiddleware)]
    app = st.App(__file__, routes=routes, middleware=middleware, lifespan=lifespan)
