"""Takes `study.released` and `patient.registered`, writes to patients, gives `notification.*`."""
