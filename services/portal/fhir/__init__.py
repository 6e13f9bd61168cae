"""FHIR R4 of the portal, read only: what a patient has, has given, and who looked."""
