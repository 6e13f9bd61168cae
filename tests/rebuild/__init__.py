"""The long proof of `scanpass rebuild catalogue`: real servers, services, letters."""
