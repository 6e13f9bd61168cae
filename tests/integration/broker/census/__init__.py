"""Takes `study.available`, counts each study once, gives nothing: a sixth service."""
