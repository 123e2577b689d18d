"""A run as a server that answers pictures over HTTP.

Starlette and uvicorn do it, which Streamlit brings anyway; the OpenAPI document and its page are our own, as the usual
ones load their scripts from elsewhere."""
