# docker build -t epochlab .  &&  docker run --rm --init -p 127.0.0.1:8501:8501 -v epochlab:/workspace epochlab
#
# Without arguments the container serves the app; with arguments it is the command line:
# docker run --rm -v epochlab:/workspace epochlab runs
FROM python:3.12-slim

# Where pip looks besides its usual place: the address of PyTorch's builds for processors alone makes the image some
# gigabytes smaller. Without it the usual build is installed, which also trains on NVIDIA's GPUs (docker run --gpus all).
ARG PIP_EXTRA_INDEX_URL=""

ENV PYTHONUNBUFFERED=1 \
    PIP_ROOT_USER_ACTION=ignore \
    PIP_NO_CACHE_DIR=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1

# The requirements are a layer of their own: it stays when only the sources change.
COPY requirements.txt /tmp/epochlab/
RUN pip install -r /tmp/epochlab/requirements.txt

COPY . /tmp/epochlab/
RUN pip install --no-deps /tmp/epochlab \
    && rm -r /tmp/epochlab \
    && useradd --create-home --uid 1000 lab \
    && install --directory --owner=lab --group=lab /workspace

USER 1000
WORKDIR /home/lab
VOLUME /workspace
EXPOSE 8501

# Inside, every interface, or no port could be published. Who is answered is another question: still only those who ask
# for a name in allowedHosts (.streamlit/config.toml: localhost), whatever address they came through. For another name
# set STREAMLIT_SERVER_ALLOWED_HOSTS="localhost lab.example"; keep localhost in it, for the health check.
# With serverAddress given, Streamlit does not ask a service in the network which address this container has.
ENV EPOCHLAB_HOME=/workspace \
    STREAMLIT_SERVER_ADDRESS=0.0.0.0 \
    STREAMLIT_SERVER_PORT=8501 \
    STREAMLIT_SERVER_HEADLESS=true \
    STREAMLIT_BROWSER_SERVER_ADDRESS=localhost

HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import http.client, sys; c = http.client.HTTPConnection('localhost', 8501, timeout=4); c.request('GET', '/_stcore/health'); sys.exit(c.getresponse().status != 200)"]

ENTRYPOINT ["epochlab"]
