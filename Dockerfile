# One image for every process of the hub, the one-off `prepare` and the operator's commands; docker-compose.yml runs it.
FROM python:3.11.15-slim-bookworm AS build

ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
RUN python -m venv /opt/placehub/venv
COPY pyproject.toml constraints.txt README.md LICENSE NOTICE ./
COPY services services
COPY connectors connectors
COPY schemas schemas
# Without the `embedded` extra: the servers have containers of their own.
RUN /opt/placehub/venv/bin/pip install -c constraints.txt .
# The postcode store is made now, so that the root file system can be read-only.
RUN PLACEHUB_CACHE=/opt/placehub/cache /opt/placehub/venv/bin/python -c \
    "from placehub.postcodes import Postcodes; Postcodes.open()"

FROM python:3.11.15-slim-bookworm

LABEL org.opencontainers.image.title="placehub" org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/placehub /opt/placehub
ENV PATH=/opt/placehub/venv/bin:$PATH PLACEHUB_CACHE=/opt/placehub/cache \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PYTHONFAULTHANDLER=1
# Compose runs it as the owner of the deployment's folder, which is this user when root made the folder.
RUN groupadd --gid 10001 placehub && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent placehub
USER 10001:10001
WORKDIR /tmp
ENTRYPOINT ["placehub"]
CMD ["--help"]
