"""The services, in the order of a study's life: ingest, transcode, index, notify; and ops."""
