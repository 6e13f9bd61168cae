"""The proof that nothing is lost: faults in real servers and services, then the judge."""
