# The service alone; Neo4j runs beside it, see docker-compose.yml.
FROM python:3.13-slim
WORKDIR /app
COPY . .
RUN pip install --no-cache-dir . && useradd --create-home iamgraph
USER iamgraph
ENV IAMGRAPH_HOST=0.0.0.0
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/readyz', timeout=2)"]
CMD ["iamgraph", "serve"]
