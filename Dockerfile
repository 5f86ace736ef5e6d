FROM python:3.12-slim

# Chromium draws a run's figures as PNG and SVG.
RUN apt-get update && apt-get install -y --no-install-recommends chromium && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home sundew
WORKDIR /home/sundew/app
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY app.py .
COPY .streamlit .streamlit
COPY sundew_core sundew_core
COPY pages pages
COPY docs/guide.md docs/guide.md

# Runs and data sets are kept outside the code, where a volume can be mounted.
RUN mkdir -p /home/sundew/work && chown sundew /home/sundew/work
VOLUME /home/sundew/work
ENV SUNDEW_HOME=/home/sundew/work/runs SUNDEW_DATA=/home/sundew/work/data PYTHONUNBUFFERED=1
USER sundew
EXPOSE 8501
HEALTHCHECK --start-period=20s CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=3)"]
# Outside a container the page listens to its own machine only; here the port mapping decides which machines reach it.
CMD ["streamlit", "run", "app.py", "--server.address=0.0.0.0", "--server.port=8501", "--server.headless=true"]
