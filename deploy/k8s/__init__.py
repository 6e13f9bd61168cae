"""Kubernetes: manifests, and what writes the Secrets that they name."""
