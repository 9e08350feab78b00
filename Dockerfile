# One image for web server, workers and beat; what it does is the command.
FROM python:3.12-slim-bookworm
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 TUSKER_HOME=/data
RUN apt-get update \
    && apt-get install --yes --no-install-recommends curl fonts-dejavu-core wordnet-base \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 1000 tusker \
    && install --directory --owner tusker --group tusker /data /static
WORKDIR /app
COPY requirements.lock pyproject.toml ./
RUN pip install --no-cache-dir --requirement requirements.lock
# To run models of PyTorch: docker compose build --build-arg EXTRA=torch (or timm).
ARG EXTRA=""
RUN if [ -n "$EXTRA" ]; then pip install --no-cache-dir ".[$EXTRA]"; fi
COPY . .
USER tusker
VOLUME /data
EXPOSE 8000
CMD ["sh", "deploy/web.sh"]
