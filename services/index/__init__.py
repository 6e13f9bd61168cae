"""Takes `instance.*`, `patient.registered`, `study.declared`; keeps the catalogue, tells `study.*`."""
