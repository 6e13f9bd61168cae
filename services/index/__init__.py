"""Takes `instance.*` and `patient.registered`, keeps the catalogue, gives `study.*`."""
