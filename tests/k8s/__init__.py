"""What `deploy/k8s` says, judged and then done: `make k8s-check`."""
