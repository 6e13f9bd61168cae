"""How Scanpass is run: on one machine (`local`) or on a cluster (`k8s`)."""
