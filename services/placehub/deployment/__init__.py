"""A hub in containers: the folder of secrets and certificates that `docker-compose.yml` reads."""
